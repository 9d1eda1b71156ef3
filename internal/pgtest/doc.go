// Package pgtest gives tests a real PostgreSQL: a database of their own, cloned
// from a migrated template, or a transaction that is rolled back. It may be
// imported by tests only, and holds no fixtures.
//
// # Where the server comes from
//
// HUSTINGS_TEST_DATABASE_URL names one (a superuser's address). Else the test
// processes of one user share a private server in shared memory or the
// folder for temporary files, tuned for speed and careless about crashes: the first process starts a
// keeper (its own binary again, detached), which runs the server by pgembed
// until no test process has been there for a few seconds. Processes show that
// they are there by a shared file lock, which the kernel takes back however they
// end, so nothing is left running after kill -9.
//
// Without any PostgreSQL tests are skipped; with CI=true they fail.
//
// # What is whose
//
// Each process holds an advisory lock under the random number that its databases
// carry in their names. A database whose lock is free belongs to a dead run, and
// the next process drops it.
package pgtest
