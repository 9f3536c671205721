//! Asks rust-analyzer, and translates its answers to `rust_cells::analysis`.

use std::collections::BTreeSet;

use ra_ap_hir::PrefixKind;
use ra_ap_ide::{
    CompletionConfig, CompletionFieldsToResolve, CompletionItem, CompletionItemKind, FilePosition, FileRange, HoverConfig,
    HoverDocFormat, RaFixtureConfig, SubstTyLen, TextRange, TextSize,
};
use ra_ap_ide_db::SymbolKind;
use ra_ap_ide_db::imports::insert_use::{ImportGranularity, InsertUseConfig};
use rust_cells::analysis::{Answer, Explanation, Question, Suggestion, Wants};

use super::pages;
use super::project::Project;

/// How many things are suggested at most.
const MOST: usize = 2000;

/// The answer to a question.
pub(super) fn to(project: &mut Project, question: &Question) -> Answer {
    let Ok(offset) = u32::try_from(question.offset) else { return Answer::Failed("the text is too long".into()) };
    match question.wants {
        Wants::Suggestions => Answer::Suggestions(suggestions(project, question, offset.into())),
        Wants::Explanation => Answer::Explanation(explanation(project, &question.source, offset.into())),
    }
}

fn suggestions(project: &mut Project, question: &Question, offset: TextSize) -> Vec<Suggestion> {
    let (analysis, file_id) = project.with(&question.source);
    let insert_use = InsertUseConfig {
        prefix_kind: PrefixKind::ByCrate,
        group: false,
        granularity: ImportGranularity::Item,
        enforce_granularity: false,
        skip_glob_imports: false,
    };
    let config = CompletionConfig {
        enable_postfix_completions: false,
        snippet_cap: None,
        enable_imports_on_the_fly: false,
        enable_self_on_the_fly: false,
        // Private items of a crate cannot be used in a cell, even if the crate is a local one.
        enable_private_editable: false,
        prefer_no_std: false,
        full_function_signatures: true,
        snippets: Vec::new(),
        insert_use,
        callable: None,
        limit: None,
        prefer_prelude: true,
        enable_term_search: false,
        term_search_fuel: 0,
        prefer_absolute: false,
        add_semicolon_to_unit: false,
        fields_to_resolve: CompletionFieldsToResolve::empty(),
        exclude_flyimport: Vec::new(),
        exclude_traits: &[],
        enable_auto_iter: false,
        enable_auto_await: false,
        ra_fixture: RaFixtureConfig::default(),
        add_colons_to_module: false,
    };
    let found = analysis.completions(&config, FilePosition { file_id, offset }, None).ok().flatten().unwrap_or_default();
    let typed = |item: &CompletionItem| {
        let range = usize::from(item.source_range.start())..question.offset;
        question.source.get(range).unwrap_or_default().to_owned()
    };
    let mut found: Vec<CompletionItem> =
        found.into_iter().filter(|item| !item.is_snippet && text(item).starts_with(&typed(item))).collect();
    // A type's own members are wanted more often than those of traits that every type has.
    let of_trait = |item: &CompletionItem| item.relevance.trait_.is_some();
    let is_field = |item: &CompletionItem| item.kind == CompletionItemKind::SymbolKind(SymbolKind::Field);
    found
        .sort_by_key(|item| (of_trait(item), !is_field(item), u32::MAX - item.relevance.score(), item.label.primary.to_string()));
    let mut seen = BTreeSet::new();
    let suggestion = |item: CompletionItem| {
        let text = text(&item).to_owned();
        seen.insert(text.clone()).then(|| Suggestion { text, kind: kind(&item).to_owned(), signature: signature(&item) })
    };
    found.into_iter().filter_map(suggestion).take(MOST).collect()
}

/// The text that is inserted. The item may be looked up by more than that.
fn text(item: &CompletionItem) -> &str {
    item.text_edit.iter().next().map_or(item.label.primary.as_str(), |edit| edit.insert.trim_end())
}

/// Jupyter's name for this kind of thing.
fn kind(item: &CompletionItem) -> &'static str {
    use SymbolKind as S;
    match item.kind {
        CompletionItemKind::SymbolKind(kind) => match kind {
            S::Function | S::Method => "function",
            S::Struct | S::Enum | S::Union | S::Trait | S::TypeAlias | S::TypeParam | S::SelfType => "class",
            S::Module | S::CrateRoot | S::ToolModule => "module",
            S::Field => "property",
            S::Const | S::Static | S::ConstParam | S::Variant => "constant",
            S::Macro | S::ProcMacro | S::Derive | S::DeriveHelper | S::Attribute | S::BuiltinAttr => "macro",
            _ => "instance",
        },
        CompletionItemKind::Keyword => "keyword",
        CompletionItemKind::BuiltinType => "class",
        _ => "instance",
    }
}

fn signature(item: &CompletionItem) -> String {
    item.detail.clone().or_else(|| item.label.detail_right.clone()).unwrap_or_default()
}

fn explanation(project: &mut Project, source: &str, offset: TextSize) -> Option<Explanation> {
    let (analysis, file_id) = project.with(source);
    let config = HoverConfig {
        links_in_hover: false,
        memory_layout: None,
        documentation: true,
        keywords: true,
        format: HoverDocFormat::Markdown,
        max_trait_assoc_items_count: Some(20),
        max_fields_count: Some(20),
        max_enum_variants_count: Some(20),
        max_subst_ty_len: SubstTyLen::Unlimited,
        show_drop_glue: false,
        ra_fixture: RaFixtureConfig::default(),
    };
    let found = analysis.hover(&config, FileRange { file_id, range: TextRange::empty(offset) }).ok().flatten()?;
    Some(pages::readable(found.info.markup.as_str()))
}
