//go:build unix

package pgembed

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile is held by the one process that supervises a directory's server. The
// kernel frees it when that process ends, however it ends.
type lockFile struct{ f *os.File }

var errLocked = errors.New("another process holds the lock")

func takeLock(path string, who account) (*lockFile, error) {
	// O_NOFOLLOW: root must not be led elsewhere by whoever owns the folder.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			break
		}
	}
	if err == nil {
		who.giveFile(f)
		_ = f.Truncate(0)
		_, _ = fmt.Fprintln(f, os.Getpid()) // for people who look; nothing reads it
		return &lockFile{f}, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

func (l *lockFile) release() { _ = l.f.Close() }
