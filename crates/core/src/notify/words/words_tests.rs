//! The catalogues as people read them.

use uuid::Uuid;

use super::*;

fn news(reason: Reason, count: i64) -> News<'static> {
    News {
        reason,
        count,
        actor: Some("Ada"),
        status: None,
        due: None,
        project: "Web",
    }
}

#[test]
fn headlines() {
    let day = Due::Day("2026-05-09".parse().unwrap());
    let time = Due::At("2026-12-01T07:05".parse().unwrap(), "Europe/Berlin".to_owned());
    let (en, ru) = (of(Language::English), of(Language::Russian));
    for (news, english, russian) in [
        (news(Reason::Mentioned, 1), "Ada mentioned you.", "Ada упоминает вас."),
        (
            news(Reason::Mentioned, 2),
            "You were mentioned 2 times, the last time by Ada.",
            "Вас упомянули 2 раза, в последний раз — Ada.",
        ),
        (
            news(Reason::Assigned, 1),
            "Ada assigned this task to you.",
            "Ada назначает эту задачу вам.",
        ),
        (
            News {
                actor: None,
                ..news(Reason::Unassigned, 3)
            },
            "Somebody unassigned you from this task.",
            "Кто-то снимает эту задачу с вас.",
        ),
        (news(Reason::Commented, 1), "Ada wrote a comment.", "Ada пишет комментарий."),
        (
            news(Reason::Commented, 2),
            "2 new comments, the last one by Ada.",
            "2 новых комментария, автор последнего — Ada.",
        ),
        (
            news(Reason::Commented, 21),
            "21 new comments, the last one by Ada.",
            "21 новый комментарий, автор последнего — Ada.",
        ),
        (
            News {
                status: Some("In <review>"),
                ..news(Reason::StatusChanged, 1)
            },
            "Ada moved this task to “In <review>”.",
            "Ada переводит эту задачу в статус «In <review>».",
        ),
        (
            News {
                due: Some(&day),
                ..news(Reason::DueSoon, 1)
            },
            "This task is due soon: 9 May 2026.",
            "Скоро срок этой задачи: 9 мая 2026.",
        ),
        (
            News {
                due: Some(&time),
                ..news(Reason::Overdue, 1)
            },
            "This task is overdue. It was due 1 December 2026, 07:05 (Europe/Berlin).",
            "Задача просрочена. Срок был 1 декабря 2026, 07:05 (Europe/Berlin).",
        ),
        (
            news(Reason::MemberAdded, 1),
            "Ada added you to the project “Web”.",
            "Ada добавляет вас в проект «Web».",
        ),
    ] {
        assert_eq!((en.headline(&news).as_str(), ru.headline(&news).as_str()), (english, russian));
    }
}

#[test]
fn no_text_is_empty_and_no_language_speaks_another() {
    for language in Language::ALL {
        let words = of(language);
        let mut texts = vec![
            words.hello("N"),
            words.new_project("N"),
            words.in_project("N"),
            words.page_title().to_owned(),
            words.page_button().to_owned(),
            words.page_done().to_owned(),
        ];
        for scope in [Scope::Task(Uuid::nil()), Scope::Project(Uuid::nil())] {
            texts.extend(
                [
                    words.open(scope),
                    words.no_more(scope),
                    words.page_question(scope),
                    words.page_note(scope),
                ]
                .map(str::to_owned),
            );
        }
        texts.extend(Reason::ALL.map(|reason| words.because(reason).to_owned()));
        texts.extend(Reason::ALL.map(|reason| {
            words.headline(&News {
                actor: Some("N"),
                project: "N",
                ..news(reason, 1)
            })
        }));
        for text in texts {
            let cyrillic = text
                .chars()
                .filter(|letter| ('а'..='я').contains(&letter.to_ascii_lowercase()))
                .count();
            assert!(!text.is_empty() && (cyrillic > 0) == (language == Language::Russian), "{text:?}");
        }
    }
}
