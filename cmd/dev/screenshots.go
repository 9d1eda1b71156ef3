package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// screenshotsCmd takes pictures of pages, to be looked at.
type screenshotsCmd struct {
	Base     string   `default:"http://127.0.0.1:8080" help:"The site; loopback only."`
	Out      string   `default:"screenshots" help:"Folder for the pictures."`
	Pages    []string `arg:"" optional:"" help:"Paths; a list of every kind of page if none are named."`
	Widths   []int64  `default:"390,1280" help:"Widths in pixels."`
	Themes   []string `default:"light,dark" help:"What the system prefers: light, dark."`
	Height   int64    `default:"3000" help:"Longer pages are cut here."`
	Name     string   `help:"An account to sign in with."`
	Password string   `help:"Its password." env:"HUSTINGS_SHOT_PASSWORD"`
	NoScript bool     `help:"JavaScript off."`
	RTL      bool     `help:"As in a language that is written from right to left."`
}

// usualPages are the pages that anybody sees; the others need an account.
var usualPages, accountPages = []string{"/", "/signin", "/signup", "/moderation", "/keys", "/nowhere"},
	[]string{"/settings", "/mod", "/mod?lane=held", "/admin", "/admin/import"}

// Run takes all pictures.
func (c *screenshotsCmd) Run(ctx context.Context) error {
	s, err := newSite(c.Base)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	pages := c.Pages
	if len(pages) == 0 {
		if pages, err = c.allPages(ctx, s); err != nil {
			return err
		}
	}
	ctx, stop, err := startBrowser(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if err := c.prepare(ctx, s); err != nil {
		return err
	}
	for _, page := range pages {
		for _, width := range c.Widths {
			for _, theme := range c.Themes {
				if err := c.shoot(ctx, s, page, width, theme); err != nil {
					return fmt.Errorf("%s at %d, %s: %w", page, width, theme, err)
				}
			}
		}
	}
	return nil
}

// allPages adds the articles of the front page to the usual pages.
func (c *screenshotsCmd) allPages(ctx context.Context, s *site) ([]string, error) {
	pages := usualPages
	if c.Name != "" {
		pages = append(pages, accountPages...)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.JoinPath("sitemap.xml").String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	content := make([]byte, 64<<10)
	n, _ := answer.Body.Read(content) //nolint:errcheck // what there is will do
	for i, part := range strings.Split(string(content[:n]), "/articles/") {
		slug, _, _ := strings.Cut(part, "<")
		if i > 0 {
			pages = append(pages, "/articles/"+slug)
		}
	}
	return pages, nil
}

func startBrowser(ctx context.Context) (context.Context, func(), error) {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		return nil, nil, errors.New("no browser was found: install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("no-sandbox", os.Geteuid() == 0))
	ctx, stopAllocator := chromedp.NewExecAllocator(ctx, options...)
	ctx, stopBrowser := chromedp.NewContext(ctx)
	stop := func() { stopBrowser(); stopAllocator() }
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, nil, err
	}
	return ctx, stop, nil
}

func send[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// prepare signs in and switches scripts off, as asked for.
func (c *screenshotsCmd) prepare(ctx context.Context, s *site) error {
	if c.Name != "" {
		cookies, err := s.signIn(ctx, c.Name, c.Password)
		if err != nil {
			return err
		}
		for pair := range strings.SplitSeq(cookies, "; ") {
			name, value, _ := strings.Cut(pair, "=")
			if err := chromedp.Do(ctx, send(network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: c.Base})); err != nil {
				return err
			}
		}
	}
	return chromedp.Do(ctx, send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: c.NoScript}))
}

// shotWithin bounds one picture.
const shotWithin = 60 * time.Second

func (c *screenshotsCmd) shoot(ctx context.Context, s *site, page string, width int64, theme string) error {
	ctx, cancel := context.WithTimeout(ctx, shotWithin)
	defer cancel()
	steps := []chromedp.Action[chromedp.Void]{
		send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}),
		chromedp.EmulateViewport(width, 900),
		chromedp.Navigate(s.base.Scheme + "://" + s.base.Host + page),
	}
	if c.RTL {
		steps = append(steps, chromedp.Evaluate[chromedp.Void](`document.documentElement.dir = "rtl"`))
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		return err
	}
	height, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
	if err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, max(900, min(height, c.Height)))); err != nil {
		return err
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Out, c.fileName(page, width, theme)), picture, 0o644)
}

// fileName says what a picture shows: mod-390-dark.png.
func (c *screenshotsCmd) fileName(page string, width int64, theme string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, page), "_")
	if name == "" {
		name = "front"
	}
	name = fmt.Sprintf("%s-%d-%s", name, width, theme)
	if c.NoScript {
		name += "-noscript"
	}
	if c.RTL {
		name += "-rtl"
	}
	return name + ".png"
}
