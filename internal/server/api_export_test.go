package server

// Routes lists "METHOD pattern" of every line of the table, for tests that hold
// other lists against it.
func (s *Server) Routes() []string {
	var list []string
	for _, line := range s.table() {
		list = append(list, line.method+" "+line.pattern)
	}
	return list
}
