package forum

// Actor is what kind of person brings about a change of state.
type Actor int

// The actors of the state table.
const (
	ByModerator Actor = iota + 1
	ByAuthor
)

type transition struct {
	from, to CommentState
	by       Actor
}

// transitions is the whole table of what may become what, and through whom. The
// author's way back from retracted is bounded in time by CanUnretract.
var transitions = map[transition]bool{
	{Held, Published, ByModerator}:        true,
	{Held, Removed, ByModerator}:          true,
	{Held, Spam, ByModerator}:             true,
	{Published, Held, ByModerator}:        true,
	{Published, Removed, ByModerator}:     true,
	{Published, Spam, ByModerator}:        true,
	{Published, Quarantined, ByModerator}: true,
	{Quarantined, Published, ByModerator}: true,
	{Quarantined, Removed, ByModerator}:   true,
	{Removed, Published, ByModerator}:     true,
	{Spam, Published, ByModerator}:        true,
	{Held, Retracted, ByAuthor}:           true,
	{Published, Retracted, ByAuthor}:      true,
	{Retracted, Published, ByAuthor}:      true,
}

// CheckTransition allows or refuses a change of state. The refusal is a Conflict:
// somebody else was faster, or the page was old.
func CheckTransition(from, to CommentState, by Actor) error {
	if transitions[transition{from, to, by}] {
		return nil
	}
	return NewError(Conflict, "This comment is %s by now, so that can’t be done. Please look at it again.", from)
}

// Tomb says what stands in the place of a comment that is not shown.
type Tomb int

// The tombs, by what took the comment away.
const (
	NoTomb Tomb = iota
	TombModerator
	TombAuthor
	TombLegal
	TombReview  // quarantined
	TombMissing // placeholder: the source had lost it
	TombHidden  // held or spam with visible replies: not said why
)

// TombOf says how a comment outside removed branches stands in the thread for
// people who may not read it; NoTomb means that it is shown.
func TombOf(kind CommentKind, state CommentState) Tomb {
	if kind == KindPlaceholder {
		return TombMissing
	}
	switch state {
	case Published:
		return NoTomb
	case Removed:
		return TombModerator
	case Retracted:
		return TombAuthor
	case Erased:
		return TombLegal
	case Quarantined:
		return TombReview
	}
	return TombHidden
}
