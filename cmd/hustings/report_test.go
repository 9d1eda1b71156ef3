package main

import (
	"bytes"
	"errors"
	"testing"

	"hustings/internal/forum"
)

func TestReport_is_one_sentence_without_causes_nobody_asked_for(t *testing.T) {
	t.Parallel()
	cause := errors.New("failed to connect to `x`:\n\tfirst try\n\tsecond try")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"what was typed": {&forum.Error{Kind: forum.NotFound, Msg: "There is no account with this name.", Err: errors.New("no rows in result set")},
			"hustings: There is no account with this name.\n"},
		"the machine": {&forum.Error{Kind: forum.Unavailable, Msg: "The store does not answer.", Err: cause},
			"hustings: The store does not answer. (failed to connect to `x`: first try second try)\n"},
		"a list of ours": {errors.New("these settings have to change first:\n  A is wrong.\n  B is wrong."),
			"hustings: these settings have to change first:\n  A is wrong.\n  B is wrong.\n"},
	} {
		var said bytes.Buffer
		if code := report(&said, c.err); code != exitFailed || said.String() != c.want {
			t.Errorf("%s: exit %d, %q", name, code, said.String())
		}
	}
}
