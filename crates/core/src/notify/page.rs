//! The page behind the link in a mail. It asks, and changes nothing: link scanners open it, too. No script, nothing from elsewhere.

use super::language::Language;
use super::links::Scope;
use super::markup::Markup;
use super::words;

/// The page that asks whether to end the mails about something. Its form posts to the page's own address.
#[must_use]
pub fn unsubscribe_page(language: Language, scope: Scope) -> String {
    let words = words::of(language);
    let mut page = frame(language, words.page_title());
    page.raw("<p>").text(words.page_question(scope));
    page.raw("</p>\n<small>").text(words.page_note(scope));
    page.raw("</small>\n<form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\"><button>");
    page.text(words.page_button()).raw("</button></form>\n</main></body></html>\n");
    page.finish()
}

/// The page that says that the mails have ended.
#[must_use]
pub fn unsubscribed_page(language: Language, scope: Scope) -> String {
    let words = words::of(language);
    let mut page = frame(language, words.page_done());
    page.raw("<p>").text(words.page_question(scope));
    page.raw("</p>\n<small>")
        .text(words.page_note(scope))
        .raw("</small>\n</main></body></html>\n");
    page.finish()
}

/// What both begin with: style and title.
fn frame(language: Language, title: &str) -> Markup {
    let mut page = Markup::default();
    page.raw("<!doctype html>\n<html lang=\"").text(language.tag());
    page.raw(
        "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><meta name=\"color-scheme\" content=\"light dark\"><title>",
    );
    page.text(title);
    page.raw(
        "</title>\n<style>\n\
         :root { color-scheme: light dark; --back: #f8fafc; --card: #ffffff; --text: #0f172a; --edge: #cbd5e1; }\n\
         @media (prefers-color-scheme: dark) { :root { --back: #0f172a; --card: #1e293b; --text: #f1f5f9; --edge: #475569; } }\n\
         body { margin: 0; padding: 10vh 16px; background: var(--back); color: var(--text); font: 17px/1.5 system-ui, sans-serif; }\n\
         main { max-width: 460px; margin: 0 auto; padding: 24px 32px 32px; background: var(--card); border: 1px solid var(--edge); \
         border-radius: 12px; }\n\
         h1 { font-size: 22px; } small { display: block; margin: 0 0 24px; }\n\
         button { padding: 12px 24px; border: 0; border-radius: 8px; background: #1d4ed8; color: #ffffff; font: inherit; \
         font-weight: 600; cursor: pointer; }\n\
         button:focus-visible { outline: 3px solid #f59e0b; outline-offset: 2px; }\n\
         </style></head>\n<body><main>\n<h1>",
    );
    page.text(title).raw("</h1>\n");
    page
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_page_asks_in_both_languages_and_loads_nothing() {
        for language in Language::ALL {
            for scope in [Scope::Task(Uuid::nil()), Scope::Project(Uuid::nil())] {
                let page = unsubscribe_page(language, scope);
                assert!(page.contains("<form method=\"post\">") && page.contains(words::of(language).page_question(scope)));
                assert!(!page.contains("<script") && !page.contains("http") && !page.contains("action="));
                let done = unsubscribed_page(language, scope);
                assert!(!done.contains("<form") && done.contains(words::of(language).page_done()));
            }
        }
    }
}
