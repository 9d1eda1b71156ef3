package importer

import "strings"

// idSet remembers ids of comments. They lie close together, so that a million of
// them take some hundred KiB.
type idSet map[int64]*[idPage / 64]uint64

const (
	idPage = 4096
	// maxIDPages bounds what is remembered of ids that lie far apart.
	maxIDPages = 1 << 15
)

func (s idSet) has(id int64) bool {
	page := s[id/idPage]
	return page != nil && page[id%idPage/64]>>(id%64)&1 == 1
}

func (s idSet) add(id int64) {
	page := s[id/idPage]
	if page == nil {
		if len(s) >= maxIDPages {
			return
		}
		page = new([idPage / 64]uint64)
		s[id/idPage] = page
	}
	page[id%idPage/64] |= 1 << (id % 64)
}

// move takes all ids of o over and empties it.
func (s idSet) move(o idSet) {
	for no, page := range o {
		if mine := s[no]; mine != nil {
			for i, bits := range page {
				mine[i] |= bits
			}
		} else if len(s) < maxIDPages {
			s[no] = page
		}
	}
	clear(o)
}

// own gives a comment a key of its own where its id stands in another article of
// the file, too: files put together of several have that, WordPress itself never.
// Replies to it that stand behind it follow.
func (w *wxrReader) own(it *wxrItem, r *Comment, at cursor) {
	if id := wxrNumber(r.Key); id > 0 && w.ids.has(id) {
		w.note(at, "comment", "%s with the id of a comment of another article, told apart by the article.")
		if it.renamed == nil {
			it.renamed = map[string]string{}
		}
		it.renamed[strings.Clone(r.Key)] = r.Key + " of " + it.key
	} else if id > 0 {
		w.itemIDs.add(id)
	}
	r.Key = it.known(r.Key)
	r.ParentKey = it.known(r.ParentKey)
}

// known is the key of an id in this article.
func (it *wxrItem) known(id string) string {
	if key := it.renamed[id]; key != "" {
		return key
	}
	return id
}
