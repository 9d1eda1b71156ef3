package importer

import (
	"bytes"
	"errors"
)

// Files that people take for exports and that are something else. Many begin with
// ASCII and have little that is none, so that they would pass for text.
var (
	errPDF        = errors.New("The file is a PDF, which can’t be read here. Save its text in a text file as UTF-8 and try again.")
	errPostScript = errors.New("The file is PostScript, which can’t be read here. Save its text in a text file as UTF-8 and try again.")
	errDocument   = errors.New("The file is a word processor’s document, which can’t be read here. Save it as a text file in UTF-8 and try again.")
	errPicture    = errors.New("The file is a picture, which can’t be read here.")
	errPacked     = errors.New("The file is an archive of a kind that can’t be read here. Pack it as .zip or .tar.gz and try again.")
	errNoZip      = errors.New("The file begins like a zip archive but is none.")
)

// magics are the bytes that such files begin with. Each is longer than what an article
// could begin with by chance: “PK” and “BZh” alone are words.
var magics = []struct {
	start string
	err   error
}{
	{"%PDF-", errPDF},
	{"%!PS", errPostScript},
	{`{\rtf`, errDocument},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", errDocument},
	{"GIF87a", errPicture},
	{"GIF89a", errPicture},
	{"\x89PNG\r\n", errPicture},
	{"\xff\xd8\xff", errPicture},
	{"PK\x01\x02", errNoZip},
	{"PK\x03\x04", errNoZip},
	{"PK\x05\x06", errNoZip},
	{"PK\x07\x08", errNoZip},
	{"Rar!\x1a\x07", errPacked},
	{"7z\xbc\xaf\x27\x1c", errPacked},
	{"\xfd7zXZ\x00", errPacked},
	{"\x28\xb5\x2f\xfd", errPacked},
}

// otherKind says what a file is that begins with head and can't be read by any format;
// nil for all others.
func otherKind(head []byte) error {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.start)) {
			return m.err
		}
	}
	if bytes.HasPrefix(head, []byte("BZh")) && len(head) >= 10 && string(head[4:10]) == "1AY&SY" {
		return errPacked
	}
	return nil
}
