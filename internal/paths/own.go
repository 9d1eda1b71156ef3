package paths

import "regexp"

// own are the addresses at which this site itself answers, whatever it answers: an
// old address that is one of them never leads anywhere.
var own = regexp.MustCompile(`^/(` +
	`|articles/[^/]+(/(reply|lock|unlock|publish|comments\.atom|at/[^/]+))?` +
	`|comments/[^/]+(/[^/]+)?` +
	`|(people|claims)/[^/]+(/[^/]+)?` +
	`|(mod|moderation|admin|settings|api|static|images|\.well-known)(/.*)?` +
	`|signin|signup|signout|search|new|notifications|keys` +
	`|(feed|comments|moderation)\.atom|livez|readyz|healthz|robots\.txt|sitemap\.xml|favicon\.ico` +
	`)$`)

// Own tells whether a path is one of this site's own, or set aside for one.
func Own(path string) bool { return own.MatchString(path) }
