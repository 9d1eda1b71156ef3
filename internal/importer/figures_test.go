package importer

import "testing"

func TestIsNote_parts_what_only_tells_from_what_was_put_right(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]bool{
		"1 shortcode [gallery] left as text.":                                                                         true,
		"From here on 12 times more: The source has lost this comment; it stays here.":                                true,
		"… items of type “…” left out, being no article.":                                                             true,
		"E-mail addresses are kept only as keyed hashes; network addresses and votes are not kept.":                   true,
		"E-mail addresses and votes in the file are not taken over.":                                                  true,
		"The page says it has 40 comments; 12 of them stand in it.":                                                   true,
		"The comment it answers is not in the file; a placeholder stands for it.":                                     false,
		"It answers a comment that answers it in turn; it is put at the top level.":                                   false,
		"A date that is not understood was left out.":                                                                 false,
		"Text that was encoded twice was put right.":                                                                  false,
		"The lines below its title have more than 1000 characters and are left out.":                                  false,
		"The article’s end is missing; what stands before it was read.":                                               false,
		"Its article has more than 20000 comments and the file gives them no ids: one that was edited counts as new.": true,
	} {
		if IsNote(reason) != want {
			t.Errorf("%q: a note is %v", reason, !want)
		}
	}
	r := NewReport("text", "a")
	r.Add(Problem{File: "a", Reason: "Votes in the file are not taken over."})
	r.Add(Problem{File: "a", Reason: "Votes in the file are not taken over.", Refused: true})
	if !r.Repairs[0].Note || r.Refused[0].Note {
		t.Errorf("%+v", r)
	}
}

func TestFigures_add_up_and_put_the_deepest_together(t *testing.T) {
	t.Parallel()
	var a, b Figures
	for _, level := range []int{1, 2, 2, 3} {
		a.AtLevel(level)
	}
	b.AtLevel(MaxDepths + 400)
	b.AtLevel(MaxDepths)
	b.Redirects, b.Images = RedirectCounts{1, 2, 3, 4}, ImageCounts{5, 6}
	a.AddFigures(b)
	same(t, "levels", len(a.Depths), MaxDepths)
	same(t, "the first", a.Depths[1], 2)
	same(t, "the last", a.Depths[MaxDepths-1], 2)
	same(t, "addresses", a.Redirects, b.Redirects)
	same(t, "images", a.Images, b.Images)
}

func TestEstimate_takes_what_is_the_same_for_looked_at(t *testing.T) {
	t.Parallel()
	r := Report{Seconds: 10, Comments: CommentCounts{Same: 100}}
	same(t, "nothing new", r.Estimate(), 10.0)
	r.Comments = CommentCounts{New: 100}
	if got := r.Estimate(); got < 20 {
		t.Errorf("all of it is new and takes %v s", got)
	}
	same(t, "nothing at all", (&Report{Seconds: 2}).Estimate(), 2.0)
}
