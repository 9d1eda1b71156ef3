package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// site is the running site that a command works on.
type site struct{ base *url.URL }

// newSite accepts loopback addresses only: what these commands do to a server is
// nothing to do to somebody else's.
func newSite(base string) (*site, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" {
		return nil, fmt.Errorf("%q is not an address such as http://127.0.0.1:8080", base)
	}
	address, err := netip.ParseAddr(u.Hostname())
	if u.Hostname() != "localhost" && (err != nil || !address.IsLoopback()) {
		return nil, fmt.Errorf("%s is not on this machine; only loopback addresses are loaded", u.Host)
	}
	return &site{u}, nil
}

func (s *site) hostPort() string {
	if s.base.Port() == "" {
		return net.JoinHostPort(s.base.Hostname(), "80")
	}
	return s.base.Host
}

// signIn gives the cookies of an account, as one Cookie header.
func (s *site) signIn(ctx context.Context, name, password string) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Jar: jar, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"name": {name}, "password": {password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base.JoinPath("signin").String(), strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	answer.Body.Close() //nolint:errcheck // not read
	if answer.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("signing in as %s answered %s", name, answer.Status)
	}
	var pairs []string
	for _, c := range jar.Cookies(s.base) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; "), nil
}

// encodings are what browsers accept.
const encodings = "gzip, deflate, br, zstd"

// rawClient asks for one page again and again over one connection. It does far
// less than net/http's client, so that on a shared machine the load costs little
// beside the server.
type rawClient struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
}

// dial connects. headers are whole lines without their ends.
func (s *site) dial(ctx context.Context, path string, headers ...string) (*rawClient, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.hostPort())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\nAccept-Language: en-GB,en;q=0.9,de;q=0.8\r\nAccept-Encoding: %s\r\n", path, s.base.Host, encodings)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	return &rawClient{conn, bufio.NewReaderSize(conn, 64<<10), b.Bytes()}, nil
}

func (c *rawClient) close() { c.conn.Close() } //nolint:errcheck // nothing is lost

// reply is what one answer was.
type reply struct {
	status   int
	bytes    int
	encoding string
	etag     string
}

// exchangeWithin bounds one request.
const exchangeWithin = 60 * time.Second

// get asks once and reads the whole answer.
func (c *rawClient) get() (reply, error) {
	if err := c.conn.SetDeadline(time.Now().Add(exchangeWithin)); err != nil {
		return reply{}, err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return reply{}, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return reply{}, err
	}
	if len(line) < 12 {
		return reply{}, errors.New("the answer does not begin as HTTP")
	}
	r := reply{bytes: -1}
	if r.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return reply{}, err
	}
	if err := c.readHeader(&r); err != nil {
		return reply{}, err
	}
	if r.status == http.StatusNotModified {
		r.bytes = 0
	}
	if r.bytes < 0 {
		return reply{}, errors.New("the answer has no Content-Length")
	}
	_, err = c.in.Discard(r.bytes)
	return r, err
}

func (c *rawClient) readHeader(r *reply) error {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return nil
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if r.bytes, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("content-encoding")):
			if string(value) != r.encoding {
				r.encoding = string(value)
			}
		case bytes.EqualFold(name, []byte("etag")) && r.etag == "":
			r.etag = string(value)
		}
	}
}
