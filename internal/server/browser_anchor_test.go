package server_test

import "testing"

// TestBrowser_old_links_with_fragments_show_their_comment follows links as they stand
// on other sites: the fragment survives the redirect and shows the comment, also one
// that is on a later page, and without JavaScript one that is on the first.
func TestBrowser_old_links_with_fragments_show_their_comment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.wordpress(150)
	browser := startBrowser(t)
	for _, script := range []bool{true, false} {
		w := newWindow(t, browser, s.srv.URL, script)
		w.visit("/2019/03/the-weir/comment-page-2/#comment-1003")
		w.until(`location.pathname === "/articles/the-weir" && document.querySelector("#comment-1003").getBoundingClientRect().top < innerHeight
			&& document.querySelector("#comment-1003").getBoundingClientRect().top >= 0 && scrollY > 0`)
		if !script {
			continue
		}
		w.until(`document.querySelector(".comment:target #comment-1003")`) // marked like any comment that is linked to
		w.visit("/?p=1#li-comment-1290")
		w.until(`location.pathname.startsWith("/comments/") && document.querySelector("#li-comment-1290")`)
		w.visit("/articles/the-weir#comment-7")
		w.until(`location.pathname === "/articles/the-weir" && !location.hash && document.querySelector("#thread")`)
	}
}
