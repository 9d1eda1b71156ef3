package server_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A proxy in front may end a request elsewhere than we do; what follows on the
// same connection is then somebody else's.
func TestRequests_of_two_lengths_end_their_connection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const smuggled = "GET /keys HTTP/1.1\r\nHost: a\r\n\r\n"
	for name, request := range map[string]string{
		"length and chunks":   "POST /settings/theme HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"chunks":              "POST /settings/theme HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"two lengths":         "POST /settings/theme HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\naaaaa" + smuggled,
		"a length of no sort": "POST /settings/theme HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\naaaa" + smuggled,
	} {
		conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // only so that a failure does not hang
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		answers, err := io.ReadAll(conn) // until the server closes
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := strings.Count(string(answers), "HTTP/1.1 "); n != 1 {
			t.Errorf("%s: %d answers", name, n)
		}
		conn.Close() //nolint:errcheck // closed on the other side
	}
}
