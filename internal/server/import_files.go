package server

import (
	"net/http"
	"strings"

	"hustings/internal/action"
)

// fileLine is a file of an import: what it is, and what came of it.
type fileLine struct {
	Name, What string
	Outcome    []string
	Nothing    bool // nothing in it could be read
}

func (s *Server) fillFiles(r *http.Request, v *importView, done *action.Imported) (err error) {
	v.FilesInAll = len(done.Files)
	v.Unpacked, err = s.unpacked(r, v, done.Files)
	for _, f := range done.Each[:min(len(done.Each), filesShown)] {
		line := fileLine{Name: v.file(f.Name), What: v.format(f.Format), Nothing: f.Articles+f.Comments == 0}
		if line.What == "" {
			line.What = v.T("unknown")
		}
		line.Outcome = append(line.Outcome, v.T("nothing that can be read"))
		if !line.Nothing {
			line.Outcome[0] = v.T("%s and %s", v.counts(f.Articles, f.Comments)...)
		}
		if f.Refused > 0 {
			line.Outcome = append(line.Outcome, v.N(f.Refused, "%d left out", "%d left out"))
		}
		if f.Repaired > 0 {
			line.Outcome = append(line.Outcome, v.N(f.Repaired, "%d put right", "%d put right"))
		}
		if f.Noted > 0 {
			line.Outcome = append(line.Outcome, v.N(f.Noted, "%d noted", "%d noted"))
		}
		v.Files = append(v.Files, line)
	}
	v.MoreFiles = max(0, v.FilesInAll-len(v.Files))
	return err
}

// unpacked says where an import has read more files than were chosen: what archives
// were unpacked into.
func (s *Server) unpacked(r *http.Request, v *importView, read []string) (words string, err error) {
	if v.Job.Files == 0 || v.Job.Files >= len(read) {
		return "", nil
	}
	chosen, err := s.db.JobFiles(r.Context(), viewerOf(r), v.Job.ID)
	archives, inside := 0, 0
	for _, f := range chosen {
		n := 0
		for _, name := range read {
			if f.Address == "" && strings.HasPrefix(name, f.Name+"/") {
				n++
			}
		}
		if n > 0 {
			archives++
			inside += n
		}
	}
	if archives == 0 {
		return "", err
	}
	return v.N(archives, "%d archive was unpacked into %[2]s.", "%d archives were unpacked into %[2]s.", v.N(inside, "%d file", "%d files")), err
}
