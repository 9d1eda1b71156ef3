package markup

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Picture is an image of an article that is kept here.
type Picture struct {
	Path          string // on this site
	Width, Height int    // in pixels
}

// Pictures lists the addresses of the images in the stored HTML of an article, each
// once, in the order of the text.
func Pictures(stored string) []string {
	var list []string
	seen := map[string]bool{}
	eachPicture(stored, func(_ string, src, _ string, _ bool) {
		if !seen[src] {
			seen[src] = true
			list = append(list, src)
		}
	}, func(string) {})
	return list
}

// ShowPictures makes the stored HTML of an article fit for a page: an image that is
// kept here is shown, any other becomes a link to where it is, so that no reader's
// browser calls on another site unasked. kept is keyed by the image's address.
func ShowPictures(stored string, kept map[string]Picture) string {
	if !strings.Contains(stored, pictureStart) {
		return stored
	}
	var out strings.Builder
	out.Grow(len(stored) + len(stored)/8)
	eachPicture(stored, func(_ string, src, alt string, linked bool) {
		if p, ok := kept[src]; ok {
			showPicture(&out, p, alt)
			return
		}
		linkPicture(&out, src, alt, linked)
	}, func(between string) { out.WriteString(between) })
	return out.String()
}

func showPicture(out *strings.Builder, p Picture, alt string) {
	out.WriteString(`<img src="` + attributeEscaper.Replace(p.Path) + `" alt="` + attributeEscaper.Replace(alt) + `"`)
	if p.Width > 0 && p.Height > 0 {
		out.WriteString(` width="` + strconv.Itoa(p.Width) + `" height="` + strconv.Itoa(p.Height) + `"`)
	}
	out.WriteString(` loading="lazy" decoding="async">`)
}

func linkPicture(out *strings.Builder, src, alt string, linked bool) {
	if blank(alt) {
		alt = imageText(src)
	}
	if linked {
		writeText(out, alt)
		return
	}
	out.WriteString("<a" + linkAttr(src) + ">")
	writeText(out, alt)
	out.WriteString("</a>")
}

const pictureStart = `<img src="`

// eachPicture goes through HTML as picture wrote it: what stands between the images
// as it is, and of each image the address, the description, and whether it stands in a
// link.
func eachPicture(stored string, picture func(tag, src, alt string, linked bool), between func(string)) {
	linked := false
	for {
		before, rest, found := strings.Cut(stored, pictureStart)
		between(before)
		if !found {
			return
		}
		if open, end := strings.LastIndex(before, "<a "), strings.LastIndex(before, "</a>"); open >= 0 || end >= 0 {
			linked = open > end
		}
		tag, after, _ := strings.Cut(rest, ">")
		src, rest, _ := strings.Cut(tag, `"`)
		_, rest, _ = strings.Cut(rest, `alt="`)
		alt, _, _ := strings.Cut(rest, `"`)
		picture(tag, html.UnescapeString(src), html.UnescapeString(alt), linked)
		stored = after
	}
}

// picture writes an image of an article.
func (b *builder) picture(src, alt string) {
	alt = b.marks.cut(strings.Join(strings.Fields(alt), " "))
	b.openPara()
	b.reopen()
	if alt != "" {
		b.writeBreaks()
	}
	b.writeOpen()
	b.out.WriteString(pictureStart + attributeEscaper.Replace(src) + `" alt="` + attributeEscaper.Replace(alt) + `">`)
	b.text.WriteString(alt)
	b.fresh = false
}
