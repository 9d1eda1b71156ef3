package paths

import (
	"net/url"

	"hustings/internal/forum"
)

// Fixed addresses of the API.
const (
	API            = "/api/v1"
	APIDescription = "/api/openapi.yaml"
)

// APIArticle is an article in the API.
func APIArticle(slug string) string { return API + "/articles/" + url.PathEscape(slug) }

// APIComment is a comment in the API.
func APIComment(id forum.CommentID) string { return API + Comment(id) }

// BranchFeed is the feed of what is below a comment.
func BranchFeed(id forum.CommentID) string { return CommentAct(id, "replies.atom") }
