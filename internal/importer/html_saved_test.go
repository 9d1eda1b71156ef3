package importer

import "testing"

func TestSavedPiece_knows_what_browsers_save_with_a_page(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"blog/Hedges_files/style.css":                true,
		"blog/Hedges_files/a.js.download":            true,
		"Hedges-Dateien/hedge.jpg":                   true,
		`C:\\pages\Hedges_files\saved_resource.html`: true,
		"Hedges_files/saved_resource(2).html":        true,
		"my_files/export.xml":                        false,
		"my_files/page.html":                         false,
		"pictures/hedge.jpg":                         false,
		"hedge.jpg":                                  false,
		"Hedges_files":                               false,
	} {
		same(t, name, SavedPiece(name), want)
	}
}
