package fetch

import (
	"net/netip"
	"testing"

	"hustings/internal/forum"
)

func TestPublic_knows_the_networks_that_are_none_of_the_internet(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
		"168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
		"192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255",
		"240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1",
		"2001::1", "2001:0:53aa:64c:0:0:80ff:fffe", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
		"2002:7f00:1::", "2002:a9fe:a9fe::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
		"fec0::1", "ff02::1", "4000::1", "2606:4700::1111%1",
	} {
		if public(netip.MustParseAddr(address)) {
			t.Errorf("%s counts as public", address)
		}
	}
	for _, address := range []string{
		"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1", "198.17.0.1", "198.20.0.1",
		"223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2606:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001::1",
	} {
		if !public(netip.MustParseAddr(address)) {
			t.Errorf("%s counts as private", address)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address counts as public")
	}
}

// hostile are addresses that must not be asked, in forms that have deceived others.
var hostile = []string{
	"http://127.0.0.1/", "http://127.0.0.1:80/", "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
	"http://017700000001/", "http://0177.0.0.1/", "http://127.0.0.1./", "http://0/", "http://0.0.0.0/", "http://[::]/", "http://[::1]/",
	"http://[::1%25lo]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/",
	"http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://[fd00::1]/", "http://localhost/", "http://localhost./",
	"http://LOCALHOST/", "http://www.localhost/", "http://printer/", "http://router.local/", "http://metadata.google.internal/computeMetadata/v1/",
	"http://169.254.169.254/latest/meta-data/", "http://[::ffff:a9fe:a9fe]/", "http://100.100.100.200/", "http://10.0.0.1/", "http://192.168.0.1/",
	"http://172.16.0.1/", "http://１２７.０.０.１/", "http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://256.256.256.256/", "http://1.2.3.4.5/",
	"http://user:secret@example.org/", "http://example.org@127.0.0.1/", "http://127.0.0.1#@example.org/", `http://127.0.0.1\@example.org/`,
	"http://example.org:22/", "http://example.org:6379/", "https://example.org:8443/", "file:///etc/passwd", "gopher://127.0.0.1:70/",
	"ftp://example.org/", "dict://127.0.0.1:11211/", "data:text/html,x", "javascript:alert(1)", "//127.0.0.1/", "/etc/passwd", "", " ", "http://",
	"http:127.0.0.1", "http:///127.0.0.1", "http://[::1", "http://exa mple.org/", "http://example.org\r\nHost: a/", "http://%31%32%37.0.0.1/",
}

func TestGet_refuses_addresses_in_every_notation(t *testing.T) {
	t.Parallel()
	plain, open := New(Options{Resolver: dns(t, nil)}), New(Options{Resolver: dns(t, nil), Allow: prefixes("192.0.2.0/24")})
	for _, address := range hostile {
		for _, c := range []*Client{plain, open} {
			res, err := c.Get(t.Context(), address, Request{})
			if err == nil {
				t.Errorf("%q was fetched: %d", address, res.Status)
				res.Close()
			} else if forum.KindOf(err) != forum.Invalid {
				t.Errorf("%q is refused without a sentence: %v", address, err)
			}
		}
	}
}

func TestCheck_takes_ordinary_addresses(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	for address, want := range map[string]string{
		"https://Example.ORG./a?b=c#d":      "https://example.org/a?b=c",
		"\thttp://example.org:80/x\n":       "http://example.org:80/x",
		"HTTPS://bücher.example.org/é":      "https://xn--bcher-kva.example.org/%C3%A9",
		"http://8.8.8.8/":                   "http://8.8.8.8/",
		"http://[2606:4700::1111]:443/feed": "http://[2606:4700::1111]:443/feed",
		"https://example.org":               "https://example.org",
	} {
		u, err := c.check(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
		} else if u.String() != want {
			t.Errorf("%s became %s, not %s", address, u, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, address := range hostile {
		f.Add(address)
	}
	f.Add("https://example.org:443/a?b#c")
	c := New(Options{})
	f.Fuzz(func(t *testing.T, address string) {
		u, err := c.check(address)
		if err != nil {
			if forum.KindOf(err) != forum.Invalid {
				t.Fatalf("%q: %v", address, err)
			}
			return
		}
		again, err := c.check(u.String())
		if err != nil || again.Host != u.Host {
			t.Fatalf("%q became %q, which becomes %v, %v", address, u, again, err)
		}
		if u.User != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || !usualPort(u.Port()) {
			t.Fatalf("%q became %q", address, u)
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err != nil && (endsInNumber(u.Hostname()) || inner(u.Hostname())) {
			t.Fatalf("%q became %q, %v", address, u, ip)
		}
	})
}
