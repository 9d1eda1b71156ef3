package action

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"image"
	_ "image/gif"  // the formats that are kept
	_ "image/jpeg" // and shown
	_ "image/png"  // in every browser
	"time"

	"hustings/internal/fetch"
	"hustings/internal/forum"
	"hustings/internal/postgres"

	_ "golang.org/x/image/webp" // and the fourth of them
)

const (
	// maxImageBytes is the largest image that is kept: a photograph of a telephone
	// as it comes, with room.
	maxImageBytes = 10 << 20
	// maxImageSide keeps out pictures that would fill a browser's memory.
	maxImageSide = 20000
	// imageTries is how often an image is asked for before it counts as missing, and
	// imageAgain how long after the first failure; each wait is five times the last.
	imageTries = 4
	imageAgain = time.Minute
	// imageLease is how long whoever fetches an image has it for himself.
	imageLease = 2 * time.Minute
)

// FetchImages has all images fetched that articles name and that are not kept here
// yet, those too that were missing before, and says how many they are.
func (a *Actions) FetchImages(ctx context.Context, v forum.Viewer) (n int, err error) {
	if err := forum.CanAdminister(v); err != nil {
		return 0, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if n, err = tx.WantImages(ctx); err != nil || n == 0 {
			return err
		}
		_, err = tx.Audit(ctx, postgres.AuditEntry{Actor: v.ID, Action: postgres.ActFetchImages, SubjectKind: "site", Detail: map[string]any{"images": n}})
		return err
	})
	if err == nil && n > 0 {
		a.workWaits(ImageWork)
	}
	return n, err
}

// ImageWork is the kind of work that OnWork hears of when images wait.
const ImageWork = "images"

// FetchNextImage fetches the image that is due next, and tells whether there was
// one. Only the job for it calls this.
func (a *Actions) FetchNextImage(ctx context.Context) (bool, error) {
	if a.web == nil {
		return false, nil
	}
	var w postgres.WantedImage
	err := a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) (err error) {
		w, err = tx.ClaimImage(ctx, imageLease)
		return err
	})
	switch {
	case forum.KindOf(err) == forum.NotFound:
		return false, nil
	case err != nil:
		return false, err
	}
	kept, content, missed := fetchImage(ctx, a.web, w.Address)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if missed == nil {
		return true, a.storeImage(ctx, w.Address, kept, content)
	}
	return true, a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		e := &forum.Error{}
		errors.As(missed, &e)
		return tx.MissImage(ctx, w, e.Message(), againAfter(e, w.Tries))
	})
}

// againAfter is how long to wait before an image is asked for again; 0: never.
func againAfter(e *forum.Error, tries int) time.Duration {
	if e.Kind != forum.Unavailable || tries >= imageTries {
		return 0
	}
	wait := imageAgain
	for range tries - 1 {
		wait *= 5
	}
	return max(wait, e.RetryAfter)
}

func fetchImage(ctx context.Context, web *fetch.Client, address string) (kept postgres.KeptImage, content []byte, err error) {
	res, err := web.Get(ctx, address, fetch.Request{MaxBytes: maxImageBytes, Accept: "image/webp,image/png,image/jpeg,image/gif"})
	if err != nil {
		return kept, nil, err
	}
	defer res.Close() //nolint:errcheck // it was only read
	if err := res.Problem(); err != nil {
		return kept, nil, err
	}
	if content, err = res.Bytes(); err != nil {
		return kept, nil, err
	}
	kept, err = readImage(content)
	return kept, content, err
}

// mediaTypes are those of the formats that are kept. What the server says of the
// type counts for nothing; SVG is a document with scripts, not an image.
var mediaTypes = map[string]string{"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}

// readImage looks at the head of an image, without unpacking it.
func readImage(content []byte) (postgres.KeptImage, error) {
	head, format, err := image.DecodeConfig(bytes.NewReader(content))
	switch {
	case err != nil || mediaTypes[format] == "":
		return postgres.KeptImage{}, forum.NewError(forum.Invalid, "What the address answers is no image of the kinds JPEG, PNG, GIF and WebP.")
	case head.Width <= 0 || head.Height <= 0 || head.Width > maxImageSide || head.Height > maxImageSide:
		return postgres.KeptImage{}, forum.NewError(forum.Invalid, "The image has %d by %d pixels; up to %d by %d are kept.", head.Width, head.Height, maxImageSide, maxImageSide)
	}
	sum := sha256.Sum256(content)
	return postgres.KeptImage{SHA256: sum[:], MediaType: mediaTypes[format], Width: head.Width, Height: head.Height, Bytes: int64(len(content))}, nil
}
