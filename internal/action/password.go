package action

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"hustings/internal/forum"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

//go:embed common.txt
var commonText string

// commonPasswords are those that guessers try first, in small letters.
var commonPasswords = func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonText) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}()

// checkPassword refuses a password that is too short, too long or, as a whole,
// among the common ones. There are no other rules: they make passwords worse.
func checkPassword(field, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return forum.FieldError(field, "This password holds something that is no character.")
	case n < forum.MinPasswordChars:
		return forum.FieldError(field, "A password has at least 8 characters.")
	case n > forum.MaxPasswordChars:
		return forum.FieldError(field, "A password has at most 1,024 characters.")
	case commonPasswords[strings.ToLower(password)]:
		return forum.FieldError(field, "This is one of the passwords that are tried first. Please choose another.")
	}
	return nil
}

// argon are the costs of one hash, as in RFC 9106.
type argon struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// present are the costs of new hashes: the second choice of the OWASP password
// storage cheat sheet, about 30 ms on a small machine.
var present = argon{memory: 19 << 10, time: 2, threads: 1}

const (
	saltBytes = 16
	hashBytes = 32
	// hashWait is how long a request may queue for its turn to hash.
	hashWait = 5 * time.Second
	// maxPasswordBytes is more than any accepted password has.
	maxPasswordBytes = 4 * forum.MaxPasswordChars
)

// hasher makes and checks password hashes, no more at once than there are
// processors: each takes 19 MiB and a processor for as long as it runs.
type hasher struct {
	costs argon
	slots chan struct{}
	wait  time.Duration
	dummy string // has the present costs; no password fits
}

func newHasher() *hasher {
	return &hasher{
		costs: present,
		slots: make(chan struct{}, runtime.NumCPU()),
		wait:  hashWait,
		dummy: encodeHash(present, make([]byte, saltBytes), make([]byte, hashBytes)),
	}
}

// acquire waits for a turn; TooMany where it takes too long.
func (h *hasher) acquire(ctx context.Context) (release func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, h.wait)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-waiting.Done():
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, &forum.Error{Kind: forum.TooMany, Msg: "Very many people are signing in at this moment. Please try again shortly.", RetryAfter: h.wait}
}

// hash gives a password's hash as a PHC string.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltBytes)
	rand.Read(salt) //nolint:errcheck // crypto/rand never fails
	return encodeHash(h.costs, salt, derive(h.costs, salt, password, hashBytes)), nil
}

// verify tells whether a password fits a PHC string, and whether that string is
// weaker than new ones are. "" fits nothing and takes as long as the others.
func (h *hasher) verify(ctx context.Context, phc, password string) (ok, weak bool, err error) {
	known := phc != ""
	if !known {
		phc = h.dummy
	}
	costs, salt, want, err := decodeHash(phc)
	if err != nil {
		return false, false, err
	}
	if len(password) > maxPasswordBytes {
		password, known = "", false
	}
	release, err := h.acquire(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	fits := subtle.ConstantTimeCompare(derive(costs, salt, password, len(want)), want) == 1
	return fits && known, costs.weakerThan(h.costs) || len(want) < hashBytes, nil
}

func (a argon) weakerThan(b argon) bool { return a.memory < b.memory || a.time < b.time }

// derive normalises first: the same letters come as different code points from
// different keyboards.
func derive(a argon, salt []byte, password string, n int) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, a.time, a.memory, a.threads, uint32(n)) //nolint:gosec // n is small
}

func encodeHash(a argon, salt, hash []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memory, a.time, a.threads,
		enc.EncodeToString(salt), enc.EncodeToString(hash))
}

var errHashForm = errors.New("a stored password hash is not an argon2id PHC string")

// decodeHash reads a PHC string. Costs beyond reason are refused: they would stop
// the server.
func decodeHash(phc string) (a argon, salt, hash []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return a, nil, nil, errHashForm
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.memory, &a.time, &a.threads); err != nil {
		return a, nil, nil, errHashForm
	}
	if a.memory < 8 || a.memory > 1<<20 || a.time < 1 || a.time > 100 || a.threads < 1 {
		return a, nil, nil, errHashForm
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	hash, errHash := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errHash != nil || len(salt) < 8 || len(hash) < 16 || len(hash) > 128 {
		return a, nil, nil, errHashForm
	}
	return a, salt, hash, nil
}
