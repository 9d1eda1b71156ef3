package action

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"hustings/internal/forum"
	"hustings/internal/imagefile"
	"hustings/internal/postgres"
)

// UseImages has images kept in a folder from now on; nil: in the database. Those
// that are kept already stay where they are, and those in another folder are not
// found.
func (a *Actions) UseImages(folder *imagefile.Folder) { a.images = folder }

// Image is an image that is being read.
type Image struct {
	postgres.KeptImage
	io.ReadSeekCloser
}

// OpenImage opens an image of an article that the viewer may read. It is read
// piece by piece, as whoever asked for it takes it.
func (a *Actions) OpenImage(ctx context.Context, v forum.Viewer, sum []byte) (*Image, error) {
	for again := false; ; again = true {
		kept, err := a.db.Image(ctx, v, sum)
		if err != nil {
			return nil, err
		}
		if !kept.InFolder {
			return &Image{kept, &storedImage{ctx: ctx, db: a.db, sum: sum, size: kept.Bytes}}, nil
		}
		err = errors.New("no folder is set")
		if a.images != nil {
			file, missing := a.images.Image(sum)
			if missing == nil {
				return &Image{kept, file}, nil
			}
			err = missing
		}
		if again { // else it may have been moved at this moment
			return nil, &forum.Error{Kind: forum.Unavailable, Msg: "This image can’t be read at the moment.", Err: err}
		}
	}
}

// imagePiece is how much of an image is held in memory for somebody who reads it.
const imagePiece = 128 << 10

// storedImage reads an image from the database.
type storedImage struct {
	ctx   context.Context //nolint:containedctx // of the request that reads it
	db    *postgres.DB
	sum   []byte
	size  int64
	at    int64
	piece []byte // from at on
}

// Read gives what comes next.
func (s *storedImage) Read(p []byte) (int, error) {
	if s.at >= s.size {
		return 0, io.EOF
	}
	if len(s.piece) == 0 {
		var err error
		if s.piece, err = s.db.ImagePiece(s.ctx, s.sum, s.at, imagePiece); err != nil {
			return 0, err
		}
		if len(s.piece) == 0 {
			return 0, io.ErrUnexpectedEOF // moved, or gone
		}
	}
	n := copy(p, s.piece)
	s.piece, s.at = s.piece[n:], s.at+int64(n)
	return n, nil
}

// Seek goes to a place; nothing is read by it.
func (s *storedImage) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errors.New("a place before the beginning")
	}
	if offset != s.at {
		s.at, s.piece = offset, nil
	}
	return offset, nil
}

// Close ends it.
func (s *storedImage) Close() error { return nil }

// storeImage keeps an image where the site keeps them. What is in the folder is
// there before the database names it.
func (a *Actions) storeImage(ctx context.Context, address string, kept postgres.KeptImage, content []byte) error {
	if a.images != nil {
		if err := a.images.Put(kept.SHA256, content); err != nil {
			return err
		}
		content = nil
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.KeepImage(ctx, address, kept, content) })
}

// imagePortion is how many images are named at a time.
const imagePortion = 200

// MoveImagesFromShell moves all images into the folder, or out of it into the
// database, and says how many it moved and how many could not be: those that are
// missing or damaged. They can be read meanwhile. Nothing that serves requests may
// call it.
func (a *Actions) MoveImagesFromShell(ctx context.Context, toFolder bool) (moved, lost int, err error) {
	if a.images == nil {
		return 0, 0, forum.NewError(forum.Invalid, "Please set HUSTINGS_IMAGES_DIR to the folder of images.")
	}
	err = a.eachImage(ctx, !toFolder, func(sum []byte) error {
		ok, err := a.moveImage(ctx, sum, toFolder)
		if ok {
			moved++
		} else if err == nil {
			lost++
		}
		return err
	})
	return moved, lost, err
}

func (a *Actions) eachImage(ctx context.Context, folder bool, do func(sum []byte) error) error {
	var last []byte
	for {
		sums, err := a.db.ImageIn(ctx, folder, last, imagePortion)
		if err != nil || len(sums) == 0 {
			return err
		}
		for _, last = range sums {
			if err := do(last); err != nil {
				return err
			}
		}
	}
}

func (a *Actions) moveImage(ctx context.Context, sum []byte, toFolder bool) (ok bool, err error) {
	var content []byte
	if toFolder {
		content, err = a.db.ImagePiece(ctx, sum, 0, maxImageBytes)
	} else {
		content, err = readAll(a.images, sum)
	}
	if forum.KindOf(err) == forum.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if is := sha256.Sum256(content); !bytes.Equal(is[:], sum) {
		return false, nil
	}
	if toFolder {
		if err := a.images.Put(sum, content); err != nil {
			return false, err
		}
		content = nil
	}
	return true, a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.MoveImage(ctx, sum, content) })
}

func readAll(folder *imagefile.Folder, sum []byte) ([]byte, error) {
	file, err := folder.Image(sum)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(file, maxImageBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read an image: %w", err)
	}
	return content, nil
}

// CheckImages reads all images in the folder and says which are missing or
// damaged; it is a part of what the check command proves. Those in the database
// are checked there.
func (a *Actions) CheckImages(ctx context.Context) (list []postgres.Finding, err error) {
	var broken [][]byte
	count := 0
	err = a.eachImage(ctx, true, func(sum []byte) error {
		if a.images != nil && a.images.Sound(sum) {
			return ctx.Err()
		}
		if count++; len(broken) < imagePortion {
			broken = append(broken, sum)
		}
		return ctx.Err()
	})
	if err != nil || count == 0 {
		return nil, err
	}
	f := postgres.Finding{Code: "images", Sentence: "Images of articles (by number) are missing in the folder, or are not what was kept.", Count: count}
	if a.images == nil {
		f.Sentence = "Images of articles (by number) are in a folder, but HUSTINGS_IMAGES_DIR names none."
	}
	f.IDs, err = a.db.ImageArticles(ctx, broken)
	f.IDs = f.IDs[:min(len(f.IDs), 10)]
	return []postgres.Finding{f}, err
}

// imageUnused is how long a file may be there that the database does not name: it
// is written first.
const imageUnused = time.Hour

// SweepImages removes files of images that no article names any more. Only the job
// for it calls this; there is never more to do at once.
func (a *Actions) SweepImages(ctx context.Context) (more bool, err error) {
	if a.images == nil {
		return false, nil
	}
	_, err = a.images.Sweep(time.Now().Add(-imageUnused), func(sums [][]byte) (map[string]bool, error) { return a.db.NeededInFolder(ctx, sums) })
	return false, err
}
