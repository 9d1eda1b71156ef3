package markup

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// lookalikes pairs characters with the basic Latin letter they are taken for, in either
// case: first the character, then the letter. Only scripts and signs in which whole
// Latin words can be forged are listed. Compatibility forms (full width, mathematical,
// circled) are dealt with by decomposition before.
const lookalikes = "" +
	// Cyrillic
	"аaвbсcԁdеeєeгrһhнhіiїiјjкkӏlмmпnоoөoрpԛqѕsтtуyүyѵvԝwѡwхxзeьbҽe" +
	// Greek
	"αaβbγyεeϲcζzηnθoιiκkνvοoρpσoςcτtυuχxωwμu" +
	// Armenian
	"օoսuոnհhզqցgյjլlտsաw" +
	// Latin letters beyond the basic ones, and small capitals
	"ıiɩiɑaɡgɢgɪiʀrʏyʙbʜhʟlɴnᴀaᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwᴢzꜱsꜰfɵoǀlǃiʋuƽsƨsʂs" +
	// Cherokee
	"ꭰdꭱrꭲiꭹyꭺaꭻjꭼeᏼbꮃwꮇmꮋhꮓzꮢrꮩvꮪsꮮlꮯcꮲpꮶk" +
	// Lisu
	"ꓐbꓑpꓓdꓔtꓖgꓗkꓙjꓚcꓜzꓝfꓟmꓠnꓡlꓢsꓣrꓦvꓧhꓪwꓫxꓬyꓮaꓰeꓲiꓳoꓴu" +
	// Coptic
	"ⲁaⲃbⲉeⲏhⲓiⲕkⲙmⲛnⲟoⲣpⲥcⲧtⲭx" +
	// Digits zero and one of other scripts, and letters that are a ring or a stroke
	"०o০o੦o૦o௦o౦o೦o൦o๐o໐o၀o០o〇oഠoօo٥o۵o١l۱l߀oסoוlןlاl"

// capitals are the Greek and Armenian capitals that look like another letter than their
// small form does.
const capitals = "ΗhΝnΥyΜmΣeΑaΒbΕeΖzΙiΚkΟoΡpΤtΧxՏsՍuՕoԼl"

var (
	smallLike   = pairs(lookalikes)
	capitalLike = pairs(capitals)
)

func pairs(s string) map[rune]rune {
	m := make(map[rune]rune)
	runes := []rune(s)
	for i := 0; i+1 < len(runes); i += 2 {
		m[runes[i]] = runes[i+1]
	}
	return m
}

// Skeleton returns what a name looks like: two names with one skeleton are too easily
// taken for each other to belong to two people. It follows the idea of Unicode's UTS 39
// with a table of our own: decomposed, case folded, letters of other scripts replaced by
// the Latin ones they resemble, and 0 = o, 1 = l = i, m = rn, w = vv. Accents count: Rene
// is not René. The result is for comparison only, never for showing.
func Skeleton(name string) string {
	name = norm.NFKD.String(name)
	byCapital := looksLatin(name)
	var b strings.Builder
	b.Grow(len(name) + 8)
	for _, r := range name {
		if like, ok := capitalLike[r]; ok && byCapital {
			r = like
		}
		r = unicode.ToLower(r)
		if like, ok := smallLike[r]; ok {
			r = like
		}
		switch r {
		case '0':
			b.WriteByte('o')
		case '1', 'i', '|':
			b.WriteByte('l')
		case 'm':
			b.WriteString("rn")
		case 'w':
			b.WriteString("vv")
		case 'ß':
			b.WriteString("ss")
		default:
			if !unicode.In(r, unicode.Cf, unicode.Cc) && !invisible(r) {
				b.WriteRune(r)
			}
		}
	}
	return norm.NFD.String(b.String())
}

// looksLatin tells whether capitals should be read as the Latin letters they resemble:
// where Latin letters stand beside them, or where all is in capitals. In an ordinary
// Greek name a capital is only the first letter and must equal its small form.
func looksLatin(s string) bool {
	small := false
	for _, r := range s {
		if unicode.Is(unicode.Latin, r) {
			return true
		}
		small = small || unicode.IsLower(r)
	}
	return !small
}
