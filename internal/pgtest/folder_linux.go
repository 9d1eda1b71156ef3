package pgtest

import (
	"os"
	"syscall"
)

// Shared memory is used when the whole of it is at least this large; containers
// often have 64 MB. The size and not what is free decides, so that all processes
// decide alike.
const enoughMemory = 4 << 30

// baseFolder is where the shared folder is made: in memory where there is plenty.
// Cloning a database makes 300 small files, which takes 10-20 ms there and, on a
// busy machine's disk, 150-800 ms. About 150 MB stay there until the next boot.
func baseFolder() string {
	const memory = "/dev/shm"
	const tmpfs = 0x01021994
	var st syscall.Statfs_t
	if syscall.Statfs(memory, &st) == nil && st.Type == tmpfs && st.Blocks*uint64(st.Bsize) >= enoughMemory {
		return memory
	}
	return os.TempDir()
}
