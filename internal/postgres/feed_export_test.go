package postgres

// The queries of the feeds, for the test of their plans.
var (
	SiteFeedQuery    = siteFeedQuery
	ArticleFeedQuery = articleFeedQuery
	PersonFeedQuery  = personFeedQuery
	BranchFeedQuery  = branchFeedQuery
)
