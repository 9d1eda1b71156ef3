package action

import "hustings/internal/postgres"

const (
	// portionRows and portionBytes bound what is held in memory on the way from the
	// spool to the tables.
	portionRows  = 5000
	portionBytes = 8 << 20
)

// portion collects rows and has them written when they are enough.
type portion[T any] struct {
	write func([]T) error
	list  []T
	bytes int
}

func (p *portion[T]) add(row T, bytes int) error {
	p.list = append(p.list, row)
	if p.bytes += bytes; len(p.list) < portionRows && p.bytes < portionBytes {
		return nil
	}
	return p.end()
}

// end has the rest written.
func (p *portion[T]) end() error {
	if len(p.list) == 0 {
		return nil
	}
	err := p.write(p.list)
	clear(p.list) // lets go of the texts
	p.list, p.bytes = p.list[:0], 0
	return err
}

// size is how much memory a staged comment takes, about, in bytes.
func size(c *postgres.StagedComment) int {
	return 500 + len(c.BodyHTML) + len(textIn(c.BodyText)) + len(textIn(c.SourceText))
}
