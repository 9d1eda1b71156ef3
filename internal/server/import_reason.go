package server

import (
	"regexp"
	"strings"
	"sync"
)

// reasonPattern is why readers put something right or leave it out. They say so in
// English, with values in it; where a value stands there is %s.
type reasonPattern struct{ words string }

// reasonPatterns are the sentences that can be said in other languages. One that is
// missing here is shown in English, marked as such.
var reasonPatterns = []reasonPattern{
	{"%s can’t be reached securely: its certificate is wrong, or it has none."},
	{"%s can’t be reached, or breaks off."},
	{"%s leads to an address inside a private network and is not fetched."},
	{"%s takes too long to answer."},
	{"There is no server called %s."},
	{"A bare “&” was read as text."},
	{"A bare “<” was read as text."},
	{"A bare “]]>” was read as text."},
	{"A control character was dropped."},
	{"A control character, which XML does not allow, was dropped."},
	{"A date that is not understood was left out."},
	{"A date that only says how long ago it was is left out; the time stays unknown."},
	{"A name for a character that XML does not know was read as HTML."},
	{"A number from 128 to 159 was read as a character of Windows-1252."},
	{"A number that stands for no character was dropped."},
	{"A quote in a tag, which was never closed, was closed."},
	{"Addresses can’t be imported here: please save the page as a file first."},
	{"An archive in an archive in an archive is not taken apart."},
	{"An archive of more than %s MiB can only be read from a file of its own."},
	{"Bytes that are not UTF-8 were read as Windows-1252."},
	{"Changed at the source and here; the text here stays."},
	{"Earlier exports of this source had %s articles that this one has not, such as %s; they stay here."},
	{"Earlier exports of this source had the article %s, which this one has not; it stays here."},
	{"From here on %s times more: %s"},
	{"Is indented less than its comment; kept as text of the comment above."},
	{"It answers a comment of another article."},
	{"It answers a comment that answers it in turn; it is put at the top level."},
	{"It answers a link from another site, which stands in no tree; it is put at the top level."},
	{"It answers another comment at the source now; its place here stays."},
	{"It has no title."},
	{"It says something else here than in what is nearer to the original, such as an export; that text stays."},
	{"It stands here already, with something else; what is here stays."},
	{"Its article has more than %s comments and the file gives them no ids: one that was edited counts as new."},
	{"Its article “%s” is neither in the file nor here."},
	{"Its author’s name has more than %s characters."},
	{"Its id belongs to a comment of another article."},
	{"Its id stands already in line %s, with another text."},
	{"Its number does not follow; a comment before it is missing or damaged."},
	{"Its source address can’t be followed and is left out."},
	{"Its state changed at the source and here; the one here stays."},
	{"Its text has more than %s KiB."},
	{"Its title has more than %s characters."},
	{"Links and devices in an archive are not followed."},
	{"More than %s addresses belong to this one; the others were not fetched."},
	{"Names stand at the end of the file, which is too large to wait for them; from here on comments are without."},
	{"No article was found in the page."},
	{"Nothing was found at this address."},
	{"Only %s of %s pages of comments could be fetched."},
	{"Only the comments on the first %s articles were fetched."},
	{"Stands behind the thread without indent; taken for a line of the site and left out."},
	{"Text that was encoded twice was put right."},
	{"The archive holds more than %s files; what comes after this one is left out."},
	{"The archive is damaged; what comes after this place in it is left out."},
	{"The archive’s list of files is longer than %s MiB."},
	{"The article has no title."},
	{"The article has no title; the beginning of its text or its address stands for it."},
	{"The article is damaged and is left out."},
	{"The article is left out. %s"},
	{"The article is left out with its comments. %s"},
	{"The article’s end is missing; what stands before it was read."},
	{"The article’s state changed at the source and here; the one here stays."},
	{"The article’s status was lost; it became a draft."},
	{"The comment answers itself, or an answer to it."},
	{"The comment does not say its id, or that of what it answers."},
	{"The comment does not say which article it belongs to: it lies in no folder that has the article’s name."},
	{"The comment is damaged and can’t be read."},
	{"The comment is damaged and is left out; what answers it keeps its place."},
	{"The comment is left out. %s"},
	{"The comment it answers is not in the file; a placeholder stands for it."},
	{"The comment nests too deeply."},
	{"The comment says no address that it stands at."},
	{"The comment says no id or no thread."},
	{"The comment says no post that it stands below."},
	{"The comment stands in no article."},
	{"The compressed file grows more than %s times and was refused."},
	{"The compressed file is damaged; what comes after this line could not be unpacked."},
	{"The compressed file unpacks to more than %s GiB and was refused."},
	{"The element “%s” has no end and is left out; reading goes on behind it."},
	{"The element “%s” is longer than %s MiB and is left out."},
	{"The end of the archive, where its files are listed, is damaged or missing; nothing in it can be read."},
	{"The entry has neither a title nor an address."},
	{"The feed has more than %s pages; this one and what follows was not fetched."},
	{"The file begins like a gzip file but is none."},
	{"The file can’t be opened."},
	{"The file can’t be read."},
	{"The file could not be read to its end; what comes after this line is missing."},
	{"The file ends before its end tag, at byte %s; all before it has been read."},
	{"The file ends in the middle of a comment, at byte %s; all before it has been read."},
	{"The file ends in the middle of an article, at byte %s; all before it has been read."},
	{"The file holds no article, at byte %s; all before it has been read."},
	{"The file ends in the middle of this record."},
	{"The file ends in the middle of this row."},
	{"The file ends too early; what comes after this line is missing."},
	{"The file has no text."},
	{"The file is damaged and can’t be unpacked."},
	{"The file is damaged here; reading goes on with the next record."},
	{"The file is damaged here; what follows is left out."},
	{"The file is empty."},
	{"The file is locked with a password."},
	{"The file is a PDF, which can’t be read here. Save its text in a text file as UTF-8 and try again."},
	{"The file is PostScript, which can’t be read here. Save its text in a text file as UTF-8 and try again."},
	{"The file is a word processor’s document, which can’t be read here. Save it as a text file in UTF-8 and try again."},
	{"The file is a picture, which can’t be read here."},
	{"The file is an archive of a kind that can’t be read here. Pack it as .zip or .tar.gz and try again."},
	{"The file begins like a zip archive but is none."},
	{"The file is of no kind that can be read here."},
	{"The file is of no kind that can be read here. If it is text, save it as UTF-8 and try again."},
	{"The file is packed in a way that can’t be read here."},
	{"The front matter is damaged and can’t be read."},
	{"The front matter is damaged; it was read line by line."},
	{"The front matter is longer than %s KiB or nests too deeply."},
	{"The item is not what a JSON Feed holds."},
	{"The line ends in the middle of its object."},
	{"The line is longer than %s MiB."},
	{"The line is not a JSON object."},
	{"The lines below its title have more than %s characters and are left out."},
	{"The name leads out of the archive; the file is left out."},
	{"The page asks for a password instead of showing its article."},
	{"The page has more than %s comments; the others are left out."},
	{"The page has more than %s tags."},
	{"The page is empty."},
	{"The page is longer than %s MiB."},
	{"The page nests its elements more deeply than can be read; what lies deepest was taken as lying less deep."},
	{"The page nests its elements so deeply that it can’t be read."},
	{"The page shows its text by a script; what was saved has none of it. Save it from a browser that has shown it."},
	{"The page’s JSON-LD is damaged and was not read; what the page shows was."},
	{"The post says no thread that it stands in."},
	{"The record is longer than %s MiB."},
	{"The record is not whole JSON."},
	{"The row is damaged and left out."},
	{"The same comment stands in the file twice; it is taken once."},
	{"The source has lost this comment; it stays here."},
	{"The source no longer has this comment; it stays here."},
	{"The thread says no address."},
	{"The thread says no id or no address."},
	{"There are %s comments, but the feed has only %s of them."},
	{"There are more comments than can be fetched at once: %s of %s pages were."},
	{"There are too many comments in one feed."},
	{"There are too many comments in the file before their article."},
	{"There is no file in the archive."},
	{"This article stands already in line %s of the file, with another text."},
	{"This is a comment, and the feed does not say what it answers."},
	{"This is neither an article nor a comment of WordPress."},
	{"This page or feed has more than %s MB."},
	{"Too many posts stand before the thread they belong to."},
	{"\"%s\" is missing."},
	{"%s items of type “%s” left out, being no article."},
	{"%s item of type “%s” left out, being no article."},
	{"%s page without comments not taken over."},
	{"%s pages without comments not taken over."},
	{"%s picture of the article stood only in the folder that was saved with the page."},
	{"%s pictures of the article stood only in the folder that was saved with the page."},
	{"%s byte not in UTF-8, read as Windows-1252."},
	{"%s bytes not in UTF-8, read as Windows-1252."},
	{"E-mail addresses are kept only as keyed hashes; network addresses are not kept."},
	{"E-mail addresses are kept only as keyed hashes; network addresses and votes are not kept."},
	{"E-mail addresses in the file are not taken over."},
	{"Network addresses in the file are not taken over."},
	{"Votes in the file are not taken over."},
	{"E-mail addresses and network addresses in the file are not taken over."},
	{"E-mail addresses and votes in the file are not taken over."},
	{"Network addresses and votes in the file are not taken over."},
	{"E-mail addresses, network addresses and votes in the file are not taken over."},
	{"The file does not name the old site’s host, so %s came without the old address. Import with the host as the source to have it."},
	{"Its status “%s” is not known; the article comes as a draft."},
	{"Its status “%s” is not known; the comment is held."},
	{"Its mode “%s” is not known; the comment is held."},
	{"It is written in “%s”, which is kept as typed."},
	{"%s of type “%s” left out, being no part of a discussion."},
	{"%s with the status “%s”, which is not known here, held for moderation."},
	{"%s with the id of a comment of another article, told apart by the article."},
	{"%s of type “%s” became an article because of its comments."},
	{"%s lay in the trash at the source and private here."},
	{"%s with the status “%s”, which is not known here, made a draft."},
	{"%s [%s] left as text."},
	{"The page lists %s; the page of each is what can be imported."},
	{"The comments are spread over several pages; %s can be imported, too."},
	{"Comments were shown by a script of %s and are not in the page; an export of %s has them."},
	{"The page says it has %s; %s of them stand in it."},
	{"The article’s date “%s” is not understood and is left out."},
	{"Its date “%s” is not understood and is left out."},
	{"\"%s\" is missing; null stands for none."},
	{"\"%s\" is \"%s\", which is not a time like 2021-07-26T17:31:00Z."},
	{"\"%s\" is \"%s\"; known are %s."},
	{"\"%s\" is longer than %s characters."},
	{"\"%s\" is a %s; something else is wanted."},
	{"\"%s\" is of the wrong kind (%s)."},
	{"\"%s\" is \"%s\", which is not known here."},
	{"\"%s\" is %s; this program understands versions up to %s and reads on as far as it can."},
	{"\"%s\" is no list of fields."},
	{"\"%s\" has a name of too many parts."},
	{"%s NUL character replaced."},
	{"%s NUL characters replaced."},
	{"%s with something else that is told of only here."},
	// Parts of the sentences above.
	{"%s article"},
	{"%s articles"},
	{"%s comment"},
	{"%s comments"},
	{"%s item"},
	{"%s items"},
	{"%s other"},
	{"%s others"},
	{"%s record"},
	{"%s records"},
	{"%s shortcode"},
	{"%s shortcodes"},
}

// reasonMatchers find the values in a sentence, for the pattern of the same place.
var reasonMatchers = sync.OnceValue(func() []*regexp.Regexp {
	list := make([]*regexp.Regexp, len(reasonPatterns))
	for i, p := range reasonPatterns {
		words := regexp.QuoteMeta(p.words)
		if rest, ok := strings.CutPrefix(words, "%s"); ok {
			words = "([^;]+?)" + rest // a number, not the parts before
		}
		list[i] = regexp.MustCompile("^" + strings.ReplaceAll(words, "%s", "(.+?)") + "$")
	}
	return list
})

// reason is why something was put right or left out, and the language it is in
// where that is not the page's.
func (l *locale) reason(sentence string) (words, lang string) {
	if l.Lang == "en" {
		return sentence, ""
	}
	if words := l.known(sentence); words != sentence {
		return words, ""
	}
	for i, match := range reasonMatchers() {
		values := match.FindStringSubmatch(sentence)
		if values == nil {
			continue
		}
		args := make([]any, len(values)-1)
		for n, value := range values[1:] {
			args[n], _ = l.reason(value) // a sentence in a sentence, or what it was
		}
		return l.T(reasonPatterns[i].words, args...), ""
	}
	return l.reasonOfParts(sentence)
}

// reasonOfParts says a reason that readers put together: sentences behind each other,
// or parts of one with semicolons between them. All of them have to be known.
func (l *locale) reasonOfParts(sentence string) (words, lang string) {
	for _, between := range []string{". ", "; "} {
		parts := strings.Split(sentence, between)
		if len(parts) < 2 || len(parts) > maxReasonParts {
			continue
		}
		for i, part := range parts {
			said, lang := l.reason(strings.TrimSuffix(part, ".") + ".")
			if lang != "" {
				break
			}
			if i < len(parts)-1 {
				said = strings.TrimSuffix(said, ".")
			}
			if parts[i] = said; i == len(parts)-1 {
				return strings.Join(parts, between), ""
			}
		}
	}
	return sentence, "en"
}

// maxReasonParts bounds what a reason is taken apart into: what was put together has
// few parts, and names from a file may have any number.
const maxReasonParts = 6

// known is a sentence that this language may have as it stands.
func (l *locale) known(sentence string) string {
	if translated, ok := l.messages[sentence]; ok && translated != "" && !strings.Contains(sentence, "%") {
		return translated
	}
	return sentence
}
