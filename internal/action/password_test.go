package action

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"hustings/internal/forum"
)

func TestHasher(t *testing.T) {
	t.Parallel()
	h := newHasher()
	// Two that agree in the first 99 of 100 characters: nothing is cut.
	long := strings.Repeat("x", 99)
	phc, err := h.hash(t.Context(), long+"a")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("got %s, %v", phc, err)
	}
	other, err := h.hash(t.Context(), long+"a")
	if err != nil || other == phc {
		t.Error("two hashes of one password are equal")
	}
	for _, tc := range []struct {
		name, phc, password string
		ok, weak            bool
	}{
		{"right", phc, long + "a", true, false},
		{"other_at_the_end", phc, long + "b", false, false},
		{"empty", phc, "", false, false},
		{"far_too_long", phc, strings.Repeat("x", 1<<20), false, false},
		{"unknown_name", "", long + "a", false, false},
		{"unknown_name_and_password_too_long", "", strings.Repeat("x", 1<<20), false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ok, weak, err := h.verify(t.Context(), tc.phc, tc.password)
			if err != nil || ok != tc.ok || weak != tc.weak {
				t.Errorf("got %v, %v, %v", ok, weak, err)
			}
		})
	}
}

func TestHasher_refuses_stored_hashes_it_cannot_check(t *testing.T) {
	t.Parallel()
	h := newHasher()
	salt, hash := strings.Repeat("A", 22), strings.Repeat("A", 43)
	for _, phc := range []string{
		"x", "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + hash, "$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=99999999,t=1,p=1$" + salt + "$" + hash, "$argon2id$v=19$m=64,t=99999,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + hash, "$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + hash,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$", "$argon2id$v=19$m=64,t=1,p=1$!$" + hash, "$argon2id$v=19$m=64$" + salt + "$" + hash,
	} {
		if ok, _, err := h.verify(t.Context(), phc, "password"); ok || err == nil {
			t.Errorf("%s: %v, %v", phc, ok, err)
		}
	}
}

func TestHasher_waits_for_a_turn_but_not_for_ever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &hasher{costs: present, slots: make(chan struct{}, 1), wait: hashWait}
		release, err := h.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.hash(t.Context(), "x"); forum.KindOf(err) != forum.TooMany {
			t.Errorf("got %v", err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := h.hash(gone, "x"); err != context.Canceled { //nolint:errorlint // exactly this
			t.Errorf("got %v", err)
		}
		release()
		if _, err := h.acquire(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCommonPasswords_are_whole_and_long_enough_to_matter(t *testing.T) {
	t.Parallel()
	if len(commonPasswords) < 300 {
		t.Errorf("only %d common passwords", len(commonPasswords))
	}
	for p := range commonPasswords {
		if len([]rune(p)) < forum.MinPasswordChars || p != strings.ToLower(p) || strings.TrimSpace(p) != p {
			t.Errorf("%q can never match", p)
		}
	}
	if err := checkPassword("password", "password123 and more"); err != nil {
		t.Errorf("a password that only holds a common one: %v", err)
	}
}

func BenchmarkHash(b *testing.B) {
	h := newHasher()
	for b.Loop() {
		if _, err := h.hash(b.Context(), goodPassword); err != nil {
			b.Fatal(err)
		}
	}
}
