package postgres

// The acts of the audit. Whoever adds one puts it on one of the two lists below;
// a test reads the source and holds that none is forgotten.
const (
	ActRemove        = "remove"         // a comment, by a moderator
	ActRestore       = "restore"        // a comment that was removed
	ActHold          = "hold"           // a published comment waits again
	ActRelease       = "release"        // a held comment is published
	ActKeep          = "keep"           // reports closed, the comment stays
	ActRemoveBranch  = "remove_branch"  // a comment and all below it
	ActRestoreBranch = "restore_branch" // the mark taken back
	ActMove          = "move"           // a comment with all below it; taking it back is another one
	ActLockBranch    = "lock_branch"
	ActUnlockBranch  = "unlock_branch"
	ActLockArticle   = "lock_article"
	ActUnlockArticle = "unlock_article"
	ActImport        = "import"
	ActImportUndo    = "undo_import"
	ActClaim         = "claim"          // an imported person's comments became a member's
	ActClaimRefuse   = "refuse_claim"   // they did not
	ActClaimUndo     = "undo_claim"     // they are the imported person's again
	ActClaimLink     = "claim_link"     // a link was made that gives them away
	ActErase         = "erase"          // somebody's name, and their texts where asked for
	ActFetchImages   = "fetch_images"   // of imported articles
	ActSubscribe     = "subscribe"      // to a feed, or its subscription changed
	ActPublish       = "publish"        // a draft
	ActRole          = "role"           // somebody's role changed
	ActSetting       = "setting"        // of the site
	ActAddAccount    = "add_account"    // made from the shell
	ActResetPassword = "reset_password" // of somebody else, from the shell
	ActAddToken      = "add_token"      // for somebody, from the shell
)

// PublicActs are the acts that the public log shows, in the order in which it
// offers them as filters. Of role, import and setting it shows that they
// happened, never whose or what: those details are private.
var PublicActs = []string{
	ActRemove, ActRestore, ActHold, ActRelease, ActKeep, ActRemoveBranch, ActRestoreBranch, ActMove,
	ActLockBranch, ActUnlockBranch, ActLockArticle, ActUnlockArticle,
	ActImport, ActImportUndo, ActRole, ActSetting,
}

// PrivateActs are the acts that the public log leaves out, with the reason.
var PrivateActs = map[string]string{
	ActClaim:         "says which account an old name belongs to; the comments show it themselves",
	ActClaimRefuse:   "says what somebody asked for in private",
	ActClaimUndo:     "says which account an old name was taken for",
	ActClaimLink:     "says whom an admin has written to",
	ActErase:         "says that somebody wants to be forgotten",
	ActFetchImages:   "changes how articles look, not what anybody said",
	ActSubscribe:     "says which sites are read, and touches nobody’s content",
	ActPublish:       "shows itself: the article is there",
	ActAddAccount:    "says who has an account, and touches nobody’s content",
	ActResetPassword: "says something about one person’s security",
	ActAddToken:      "says something about one person’s security",
}
