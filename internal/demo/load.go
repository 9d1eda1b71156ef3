package demo

import (
	"bufio"
	"cmp"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed content
var content embed.FS

// Articles reads the sample articles, oldest first. An error names the file
// and the line; it can only come from a mistake in the embedded files.
func Articles() ([]Article, error) {
	cast, err := readCast()
	if err != nil {
		return nil, err
	}
	files, err := content.ReadDir("content/articles")
	if err != nil {
		return nil, fmt.Errorf("sample articles: %w", err)
	}
	var all []Article
	for _, f := range files {
		text, err := content.ReadFile(path.Join("content/articles", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("sample articles: %w", err)
		}
		a, err := parseArticle(strings.TrimSuffix(f.Name(), ".txt"), string(text), cast)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b Article) int { return cmp.Compare(b.Age, a.Age) })
	return all, nil
}

// readCast reads the names of everyone who may write in the samples, so that
// a slip in a name is an error and not a new neighbour.
func readCast() (map[string]bool, error) {
	text, err := content.ReadFile("content/people.txt")
	if err != nil {
		return nil, fmt.Errorf("sample people: %w", err)
	}
	cast := map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, _, ok := strings.Cut(line, " | ")
		if name = strings.TrimSpace(name); !ok || cast[name] {
			return nil, fmt.Errorf("people.txt:%d: want a new name, a bar and a voice", n)
		}
		cast[name] = true
	}
	return cast, nil
}
