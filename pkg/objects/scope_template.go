package objects

// ScopeTemplate holds settings for scopes to come. It has the table of scopes
// without what is of one scope only.
var ScopeTemplate = class("scope-template", "Settings given to scopes that are created from it or that it is applied to")

// What the table of scopes does not have.
var (
	TemplateName            = ScopeTemplate.named("Name of the template")
	TemplateScopeName       = ScopeTemplate.expr("scope-name", "", Basic, "Expression that names the scope", inert("a scope is named when it is created"))
	TemplateDescriptionExpr = ScopeTemplate.expr("scope-description-expr", "", Basic, "Expression that makes the scope's description")
	TemplateRangesExpr      = ScopeTemplate.expr("ranges-expr", "", Basic, "Expression that makes the scope's ranges")
	TemplateOptionsExpr     = ScopeTemplate.expr("options-expr", "", Basic, "Expression that makes the options of the scope's embedded policy")
	TemplateRouterHost      = ScopeTemplate.integer("router-host", "", Basic, "Host number of the router, which becomes option routers of the scope's embedded policy", between(1, 1<<24))
	TemplateGracePeriod     = ScopeTemplate.duration("grace-period", "", Basic, "The grace-period of the scope's embedded policy")
	TemplateOfferTimeout    = ScopeTemplate.duration("offer-timeout", "", Basic, "The offer-timeout of the scope's embedded policy", lasting("1s", "1w"))
	TemplateEmbeddedPolicy  = ScopeTemplate.embeds(ScopeTemplatePolicy, "Policy that becomes the scope's own, changed by scope-template-policy")
)

func init() {
	ScopeTemplate.share(Scope, "name", "subnet", "addr", "mask", "ranges", "vpn-id",
		"primary-subnet", "primary-addr", "primary-mask", "embedded-policy")
	// A template gives what was set in it and nothing else.
	for _, a := range ScopeTemplate.Attrs {
		a.Default, a.Required = "", false
	}
	ScopeTemplate.Methods = []Method{
		{Name: "apply-to", Usage: "<scope> | all", Min: 1, Max: 1, Help: "Give a scope, or all of them, the template's settings"},
	}
}

// ScopeSelectionTag is a word that scopes carry and clients ask for.
var ScopeSelectionTag = class("scope-selection-tag", "A word by which clients select scopes")

// TagName is its only attribute: a tag is nothing but its name.
var TagName = ScopeSelectionTag.named("The tag")
