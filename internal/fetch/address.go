package fetch

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"hustings/internal/forum"

	"golang.org/x/net/idna"
)

// never are the networks that are no part of the public internet, or that lead
// back into private ones. Of IPv6 only 2000::/3 is open at all (RFC 4291), so that
// what stands here is the exceptions inside it. Numbers: the IANA special-purpose
// registries, as of 2026.
var never = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carriers' own (CGNAT), and a cloud's metadata
	"127.0.0.0/8",      // this machine
	"168.63.129.16/32", // a cloud's metadata, in a public range
	"169.254.0.0/16",   // link-local, and most clouds' metadata
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // relays of 6to4
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"2001::/23",        // Teredo and other protocols
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4: leads to an IPv4 address
	"3fff::/20",        // documentation
)

var (
	globalIPv6 = netip.MustParsePrefix("2000::/3")
	// nat64 is how networks without IPv4 reach it: the last 32 bits are the address
	// that counts.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// within tells whether one of the networks holds the address.
func within(list []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// public tells whether an address belongs to the internet that everybody sees.
func public(addr netip.Addr) bool {
	if addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	if nat64.Contains(addr) {
		bytes := addr.As16()
		addr = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if addr.Is6() && !globalIPv6.Contains(addr) {
		return false
	}
	return addr.IsValid() && !within(never, addr)
}

// innerNames end the names that no public server has; they are not looked up.
var innerNames = []string{".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet"}

// check makes an address fit to be asked, or says what is wrong with it. It
// decides nothing by names alone: what a name leads to is checked when a
// connection is made.
func (c *Client) check(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, &forum.Error{Kind: forum.Invalid, Msg: "%s is not a web address.", Args: []any{shown(address)}, Err: err}
	}
	u.Scheme = strings.ToLower(u.Scheme)
	host := hostOf(u)
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, forum.NewError(forum.Invalid, "Only addresses with http:// or https:// can be fetched; %s is none.", shown(address))
	case host == "" || u.Opaque != "":
		return nil, forum.NewError(forum.Invalid, "%s is not a web address.", shown(address))
	case u.User != nil:
		return nil, forum.NewError(forum.Invalid, "Please leave the name and the password out of the address; they are not sent anywhere.")
	case len(address) > maxAddress:
		return nil, forum.NewError(forum.Invalid, "The address is longer than %d characters.", maxAddress)
	case !isIP(host) && endsInNumber(host):
		return nil, forum.NewError(forum.Invalid, "%s is a number instead of a name, and is not fetched.", shown(host))
	case len(c.allow) == 0 && inner(host):
		return nil, refused(host)
	case len(c.allow) == 0 && !usualPort(u.Port()):
		return nil, forum.NewError(forum.Invalid, "Only the ports 80 and 443 are fetched; %s has another one.", shown(u.Host))
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""
	return u, nil
}

// names writes international names as resolvers know them, and other letters'
// digits as ours.
var names = idna.New(idna.MapForLookup(), idna.StrictDomainName(false))

// hostOf is the host in the one form in which it is judged and asked; "" for none.
func hostOf(u *url.URL) string {
	host := strings.ToLower(strings.TrimRight(u.Hostname(), "."))
	if strings.IndexFunc(host, func(r rune) bool { return r >= 0x80 }) < 0 {
		return host
	}
	ascii, err := names.ToASCII(host)
	if err != nil {
		return ""
	}
	return strings.TrimRight(ascii, ".")
}

// maxAddress is the longest address that is asked, in bytes: browsers and servers
// agree on little more.
const maxAddress = 2000

func usualPort(port string) bool { return port == "" || port == "80" || port == "443" }

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// inner tells names that stand for machines nearby.
func inner(host string) bool {
	if isIP(host) {
		return false
	}
	if !strings.Contains(host, ".") {
		return true
	}
	return slices.ContainsFunc(innerNames, func(end string) bool { return strings.HasSuffix(host, end) })
}

// endsInNumber tells hosts that some resolvers take for an IPv4 address in another
// notation (127.1, 0x7f000001, 2130706433): the last part is a number. No public
// name is like that.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if digits, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// refused is the answer to an address that is not public.
func refused(host string) *forum.Error {
	return forum.NewError(forum.Invalid, "%s leads to an address inside a private network and is not fetched.", shown(host))
}

// shown shortens what was typed for a sentence.
func shown(s string) string {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "\uFFFD")
	if runes := []rune(s); len(runes) > 100 {
		return string(runes[:100]) + "…"
	}
	return s
}
