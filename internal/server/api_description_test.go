package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/internal/server"

	"gopkg.in/yaml.v3"
)

// description is the OpenAPI document, as far as the tests read it.
type description struct {
	t    *testing.T
	root map[string]any
}

func describe(t *testing.T, s *site) *description {
	t.Helper()
	a := s.anonymous().get("/api/openapi.yaml").wants(http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "application/yaml; charset=utf-8" {
		t.Errorf("the description is %q", got)
	}
	d := &description{t: t}
	if err := yaml.Unmarshal([]byte(a.body), &d.root); err != nil {
		t.Fatal(err)
	}
	return d
}

// follow gives what a reference means, and anything else as it is.
func (d *description) follow(node any) map[string]any {
	d.t.Helper()
	m, _ := node.(map[string]any)
	for range 10 {
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		var at any = d.root
		for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(map[string]any)[name]
		}
		if m, ok = at.(map[string]any); !ok {
			d.t.Fatalf("there is no %s", ref)
		}
	}
	d.t.Fatalf("references without end at %v", node)
	return nil
}

func (d *description) at(names ...string) map[string]any {
	d.t.Helper()
	m := d.root
	for _, name := range names {
		m = d.follow(m[name])
	}
	return m
}

func (d *description) operations() (list []string) {
	for path, item := range d.at("paths") {
		for method := range d.follow(item) {
			if method != "parameters" {
				list = append(list, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(list)
	return list
}

func TestDescription_lists_the_routes_of_the_API_and_no_others(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := describe(t, s)
	var routes []string
	for _, route := range s.srv.Config.Handler.(*server.Server).Routes() {
		if strings.Contains(route, " /api/") {
			routes = append(routes, route)
		}
	}
	slices.Sort(routes)
	if described := d.operations(); !slices.Equal(described, routes) || len(routes) < 8 {
		t.Errorf("described: %v\nserved:    %v", described, routes)
	}
	if d.root["openapi"] != "3.1.0" {
		t.Errorf("it is written in %v", d.root["openapi"])
	}
	d.everyReferenceLeadsSomewhere(d.root)
	ids := map[any]bool{}
	place := regexp.MustCompile(`\{(\w+)\}`)
	for path, item := range d.at("paths") {
		shared, _ := d.follow(item)["parameters"].([]any)
		var named []string
		for _, p := range shared {
			named = append(named, fmt.Sprint(d.follow(p)["name"]))
		}
		for _, found := range place.FindAllStringSubmatch(path, -1) {
			if !slices.Contains(named, found[1]) {
				t.Errorf("%s does not describe %s", path, found[1])
			}
		}
		for method, op := range d.follow(item) {
			if method == "parameters" {
				continue
			}
			id := d.follow(op)["operationId"]
			if id == nil || ids[id] || d.follow(op)["summary"] == nil || len(d.follow(d.follow(op)["responses"])) < 1 {
				t.Errorf("%s %s has no name of its own, no summary or no answers", method, path)
			}
			ids[id] = true
		}
	}
}

func (d *description) everyReferenceLeadsSomewhere(node any) {
	d.t.Helper()
	switch n := node.(type) {
	case map[string]any:
		if _, ok := n["$ref"]; ok {
			d.follow(n)
		}
		for _, below := range n {
			d.everyReferenceLeadsSomewhere(below)
		}
	case []any:
		for _, below := range n {
			d.everyReferenceLeadsSomewhere(below)
		}
	}
}

// answered checks an answer against the description: its status is described,
// and its body is what the schema says, no field more and no field less.
func (d *description) answered(method, pattern string, a *answer) {
	d.t.Helper()
	status := strconv.Itoa(a.StatusCode)
	response := d.follow(d.at("paths", pattern, method, "responses")[status])
	if response == nil {
		d.t.Errorf("%s %s answers %s, which is not described", method, pattern, status)
		return
	}
	for name := range d.follow(response["headers"]) {
		if a.Header.Get(name) == "" {
			d.t.Errorf("%s %s: %s has no header %s", method, pattern, status, name)
		}
	}
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	schema := d.follow(d.follow(d.follow(response["content"])[kind])["schema"])
	if schema == nil {
		d.t.Errorf("%s %s: %s is %q, which is not described", method, pattern, status, kind)
		return
	}
	if kind == "application/yaml" {
		return
	}
	var value any
	a.json(&value)
	d.fits(fmt.Sprintf("%s %s %s", method, pattern, status), schema, value)
}

// fits checks a value against a schema, as far as ours go.
func (d *description) fits(where string, schema map[string]any, value any) {
	d.t.Helper()
	if kinds := kindsOf(schema["type"]); len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return isOf(k, value) }) {
		d.t.Errorf("%s is %v, not %v", where, value, kinds)
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		d.t.Errorf("%s is %v, not one of %v", where, value, enum)
	}
	if schema["format"] == "date-time" && value != nil {
		if _, err := time.Parse(time.RFC3339, value.(string)); err != nil || !strings.HasSuffix(value.(string), "Z") {
			d.t.Errorf("%s is %v, not a time in UTC", where, value)
		}
	}
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			d.fits(fmt.Sprintf("%s[%d]", where, i), d.follow(schema["items"]), item)
		}
	case map[string]any:
		d.fitsObject(where, schema, v)
	}
}

func (d *description) fitsObject(where string, schema, value map[string]any) {
	d.t.Helper()
	properties := map[string]any{}
	parts, _ := schema["allOf"].([]any)
	for _, part := range append([]any{schema}, parts...) {
		maps.Copy(properties, d.follow(d.follow(part)["properties"]))
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := value[name.(string)]; !ok {
			d.t.Errorf("%s lacks %v", where, name)
		}
		if properties[name.(string)] == nil {
			d.t.Errorf("%s requires %v and does not describe it", where, name)
		}
	}
	for name, field := range value {
		p := d.follow(properties[name])
		if p == nil {
			d.t.Errorf("%s has %s, which is not described", where, name)
			continue
		}
		d.fits(where+"."+name, p, field)
	}
}

func kindsOf(t any) (kinds []string) {
	switch t := t.(type) {
	case string:
		kinds = []string{t}
	case []any:
		for _, k := range t {
			kinds = append(kinds, fmt.Sprint(k))
		}
	}
	return kinds
}

func isOf(kind string, value any) bool {
	switch v := value.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v))
	case []any:
		return kind == "array"
	}
	return kind == "object"
}

// example is the request body that the description shows for an operation.
func (d *description) example(pattern string) string {
	d.t.Helper()
	content := d.at("paths", pattern, "post", "requestBody", "content", "application/json")
	for _, e := range d.follow(content["examples"]) {
		value := d.follow(e)["value"]
		d.fits(pattern+" example", d.follow(content["schema"]), mended(d.t, value))
		encoded, err := json.Marshal(value)
		if err != nil {
			d.t.Fatal(err)
		}
		return string(encoded)
	}
	d.t.Fatalf("%s shows no example", pattern)
	return ""
}

// mended is a value as JSON would have it.
func mended(t *testing.T, value any) (v any) {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(encoded, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDescription_says_what_is_really_answered(t *testing.T) {
	t.Parallel()
	s, ids := secretive(t)
	s.article("trees", smallThread)
	d := describe(t, s)
	const list, one, thread, single = "/api/v1/articles", "/api/v1/articles/{slug}", "/api/v1/articles/{slug}/comments", "/api/v1/comments/{id}"
	people := map[string]*program{"anonymous": s.program(""), "reader": s.program(s.token("Ruth", forum.Reader)),
		"moderator": s.program(s.token("Mo", forum.Moderator)), "admin": s.program(s.token("Ada", forum.Admin)), "wrong": s.program("wrong")}
	for _, p := range people {
		d.answered("get", "/api/openapi.yaml", s.program("").read("/api/openapi.yaml"))
		d.answered("get", list, p.read("/api/v1/articles?limit=1"))
		d.answered("get", list, p.read("/api/v1/articles?limit=0"))
		for _, slug := range []string{"open", "draft", "trees", "none"} {
			d.answered("get", one, p.read("/api/v1/articles/"+slug))
			d.answered("get", thread, p.read("/api/v1/articles/"+slug+"/comments?limit=3"))
		}
		for _, id := range ids {
			d.answered("get", single, p.read(fmt.Sprintf("/api/v1/comments/%d", id)))
			d.answered("get", thread, p.read(fmt.Sprintf("/api/v1/articles/open/comments?below=%d", id)))
		}
		key := []string{"Idempotency-Key", "example"}
		d.answered("post", thread, p.send("/api/v1/articles/trees/comments", d.example(thread), key...))
		d.answered("post", thread, p.send("/api/v1/articles/trees/comments", d.example(thread), key...))
		for _, body := range []string{"", "{}", `{"body":"x","parent":999999}`, `{"body":"` + strings.Repeat("x", 65<<10) + `"}`,
			fmt.Sprintf(`{"body":"x","parent":%d}`, s.comment("LEAK removed"))} {
			d.answered("post", thread, p.send("/api/v1/articles/"+map[bool]string{true: "open", false: "trees"}[strings.Contains(body, "parent")]+"/comments", body))
		}
		subject := fmt.Sprintf("/api/v1/comments/%d", s.comment("answer to Ann"))
		for _, act := range []string{"remove", "restore"} {
			d.answered("post", single+"/"+act, p.send(subject+"/"+act, d.example(single+"/"+act)))
			d.answered("post", single+"/"+act, p.send(subject+"/"+act, `{"reason":"dull"}`))
			d.answered("post", single+"/"+act, p.send("/api/v1/comments/999999/"+act, d.example(single+"/"+act)))
			d.answered("post", single+"/"+act, p.do("POST", subject+"/"+act, "text/plain", "x", p.headers...))
		}
	}
	unchanged := s.anonymous().get("/api/v1/articles")
	if s.anonymous().get("/api/v1/articles", "If-None-Match", unchanged.Header.Get("ETag")).StatusCode != http.StatusNotModified {
		t.Error("304 is described, but never answered")
	}
	var reasons []string
	for _, r := range d.at("components", "schemas", "Reason")["enum"].([]any) {
		reasons = append(reasons, r.(string))
	}
	for _, r := range forum.Reasons {
		if !slices.Contains(reasons, string(r)) {
			t.Errorf("the reason %s is not described", r)
		}
	}
	if len(reasons) != len(forum.Reasons) {
		t.Errorf("reasons described: %v", reasons)
	}
}
