package action

import (
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// said is how a source's word on a comment stands to its last one and to what is
// here.
type said struct {
	known    bool // it has said something before
	same     bool // the same text
	sameMark bool // the same state
	text     bool // the text here is still its last one
	mark     bool // so is the state
	form     bool // its last word came in another form, see ranks
}

func saidOf(f postgres.LeafFlags) said {
	return said{!f.Is(postgres.LeafGlobal), f.Is(postgres.LeafSame), f.Is(postgres.LeafSameMark), f.Is(postgres.LeafText), f.Is(postgres.LeafMark), f.Is(postgres.LeafNearer | postgres.LeafFurther)}
}

// bind says that a leaf is this node, and counts it.
func (t *taking) bind(node, i int32) error {
	return t.bindAs(node, i, saidOf(t.leaves[i].flags))
}

func (t *taking) bindAs(node, i int32, last said) error {
	t.leaves[i].node = node
	before := t.leafOf(node)
	switch {
	case before == i: // new
		t.count(i, &t.report.Comments.New)
	case before != none && t.leaves[before].flags.Kind() != forum.KindPlaceholder: // the file that has the last word comes first
		t.countAgain(i)
	case before != none: // a second time in this import
		same, err := t.same(before, i)
		if err != nil {
			return err
		}
		if same {
			t.countAgain(i)
			return nil
		}
		if t.isStored(node) {
			s := &t.stored[node]
			s.leaf = i
			s.flags |= nodeRevised | nodeTold
		} else {
			t.of(node).leaf = i
		}
		t.count(i, &t.report.Comments.Changed)
	default:
		t.stored[node].leaf = i
		t.compare(&t.stored[node], i, last)
	}
	return nil
}

// compare decides what becomes of a comment that is known.
func (t *taking) compare(s *storedNode, i int32, last said) {
	if !last.known {
		s.flags |= nodeTold | nodeAdopted // compared with what stands here, later
		t.count(i, &t.report.Comments.Same)
		return
	}
	if s.flags.Kind() != forum.KindPlaceholder && t.leaves[i].flags.Kind() == forum.KindPlaceholder {
		t.note(i, "The source has lost this comment; it stays here.")
		t.count(i, &t.report.Comments.Same)
		return
	}
	if last.form {
		s.flags |= nodeWeighed
		return
	}
	t.judge(s, i, last)
}

// judge takes over what changed at the source, unless it was changed here too.
func (t *taking) judge(s *storedNode, i int32, last said) {
	revised, restated := !last.same, !last.sameMark
	if revised && !last.text {
		revised = false
		t.conflict(i, s.id, "Changed at the source and here; the text here stays.")
	}
	if restated && !last.mark {
		restated = false
		t.conflict(i, s.id, "Its state changed at the source and here; the one here stays.")
	}
	if !restated {
		s.flags |= nodeKept
	}
	if !revised && !restated {
		t.count(i, &t.report.Comments.Same)
		return
	}
	s.flags |= nodeTold
	if revised {
		s.flags |= nodeRevised
	}
	if restated {
		s.flags |= nodeRestated
	}
	t.count(i, &t.report.Comments.Changed)
}

// count counts a record as the contract says.
func (p *plan) count(i int32, as *int) {
	c, f := &p.report.Comments, p.leaves[i].flags
	switch f.Kind() {
	case forum.KindPlaceholder:
		c.Placeholders++
		return
	case forum.KindLinkBack:
		c.LinkBacks++
		return
	}
	if f.Is(postgres.LeafCounted) {
		*as++
	}
	countState(c, f.State())
}

// countAgain counts a record that has been counted in this import. What else it is,
// held or a link from another site, is so once.
func (p *plan) countAgain(i int32) {
	if f := p.leaves[i].flags; f.Is(postgres.LeafCounted) && f.Kind() == forum.KindComment {
		p.report.Comments.Same++
	}
}
