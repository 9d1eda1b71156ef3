package server

// RouteNames lists every route as "METHOD pattern", for the access matrix.
func (s *Server) RouteNames() []string {
	var names []string
	for _, line := range s.table() {
		names = append(names, line.method+" "+line.pattern)
	}
	return names
}
