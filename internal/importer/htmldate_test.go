package importer

import (
	"testing"
	"time"
)

func TestDateReader_reads_what_pages_write_for_people(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"July 26, 2021 at 5:31 pm":                "2021-07-26T15:31:00Z",
		"Posted on 26 July 2021, 12:05 AM":        "2021-07-25T22:05:00Z",
		"on January 3rd, 2008 at 12:04 am | Edit": "2008-01-02T23:04:00Z",
		"26. Juli 2021 um 17:31 Uhr":              "2021-07-26T15:31:00Z",
		"Montag, 3. März 2014, 9.05 Uhr":          "2014-03-03T08:05:00Z",
		"26.07.2021 um 17:31":                     "2021-07-26T15:31:00Z",
		"le 3 août 2012 à 14 h 05":                "2012-08-03T12:05:00Z",
		"le 3 août 2012 à 14h05":                  "2012-08-03T12:05:00Z",
		"1 de febrero de 2010, 08:00":             "2010-02-01T07:00:00Z",
		"2021-07-26 17:31":                        "2021-07-26T15:31:00Z",
		"2021/7/26 17:31":                         "2021-07-26T15:31:00Z",
		"26/07/2021 at 17:31":                     "2021-07-26T15:31:00Z",
		"03/04/2019":                              "2019-04-02T22:00:00Z",
		"2019年3月4日 08:01":                         "2019-03-04T07:01:00Z",
		"3 марта 2015 в 10:00":                    "2015-03-03T09:00:00Z",
		"May 5, 2012 10:00:07 UTC":                "2012-05-05T10:00:07Z",
		"Thu, 05 May 2011 10:00:00 +0200":         "2011-05-05T08:00:00Z",
		"5/17/2010 8:15:00 AM":                    "2010-05-17T06:15:00Z",
		"2011-05-05T10:00:00+02:00":               "2011-05-05T08:00:00Z",
		"2 days ago":                              "",
		"yesterday at 5:31 pm":                    "",
		"31 February 2019":                        "",
		"v1.2.3":                                  "",
		"call 030/12/3456":                        "",
		"":                                        "",
	} {
		got := (&dateReader{zone: berlin}).read(text)
		if exact(got) != want {
			t.Errorf("%q is read as %q, not %q", text, exact(got), want)
		}
	}
	same(t, "american", exact((&dateReader{zone: time.UTC, monthFirst: true}).read("03/04/2019 5 pm")), "2019-03-04T17:00:00Z")
	same(t, "learnt", monthsFirst("de", []string{"3/4/2019", "3/14/2019"}), true)
	same(t, "learnt", monthsFirst("en-US", []string{"14/3/2019"}), false)
	same(t, "by language", monthsFirst("en-US", nil), true)
}

func TestAgoForm_knows_dates_that_count_back(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"3 years ago": true, "an hour ago": true, "vor 3 Jahren": true, "vor einem Jahr": true, "il y a 2 ans": true, "hace 5 días": true,
		"3 mesi fa": true, "yesterday at 5:31 pm": true, "2 года назад": true,
		"26 July 2021": false, "31 February 2019": false, "Agosto 2012": false, "v1.2.3": false, "": false, "Chicago, May 3": false,
	} {
		if agoForm.MatchString(text) != want {
			t.Errorf("%q counts back: %v", text, !want)
		}
	}
}
