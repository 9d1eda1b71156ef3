//go:build !unix

package pgtest

import (
	"context"
	"fmt"

	"hustings/internal/pgembed"
)

// privateServer has nothing to offer here: tests need HUSTINGS_TEST_DATABASE_URL.
func privateServer(context.Context) (string, error) {
	return "", fmt.Errorf("%w: set HUSTINGS_TEST_DATABASE_URL", pgembed.ErrNoPostgres)
}
