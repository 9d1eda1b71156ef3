package main

import (
	"os"
	"strings"
	"testing"
)

func TestImages_move_and_check(t *testing.T) {
	s := newShell(t)
	if code, _, stderr := s.run("", "images", "move", "folder"); code != 1 || !strings.Contains(stderr, "HUSTINGS_IMAGES_DIR") {
		t.Errorf("without a folder: %d, %s", code, stderr)
	}
	dir := t.TempDir()
	t.Setenv("HUSTINGS_IMAGES_DIR", dir)
	if out := s.ok("", "images", "move", "folder"); out != "Moved 0 images into "+dir+".\n" {
		t.Errorf("said %s", out)
	}
	if out := s.ok("", "check"); !strings.Contains(out, "holds together") {
		t.Errorf("said %s", out)
	}
	if code, _, _ := s.run("", "images", "move", "cloud"); code != exitUsage {
		t.Errorf("to the cloud: %d", code)
	}
	// Commands that have nothing to do with images work without the folder.
	if err := os.WriteFile(dir+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HUSTINGS_IMAGES_DIR", dir+"/file")
	s.ok("", "export")
}
