//! Russian. The present tense, because the past one would have to know whether it was he or she.

use super::{Due, News, Scope, Words};
use crate::domain::notification::Reason;
use crate::notify::language::russian;

/// The Russian catalogue.
pub struct Russian;

/// Months as they stand after a day.
const MONTHS: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

impl Words for Russian {
    fn hello(&self, name: &str) -> String {
        format!("Здравствуйте, {name}!")
    }

    fn headline(&self, news: &News<'_>) -> String {
        let actor = news.actor.unwrap_or("Кто-то");
        let due = news.due.map(|due| self.due(due)).unwrap_or_default();
        match (news.reason, news.count) {
            (Reason::Mentioned, ..=1) => format!("{actor} упоминает вас."),
            (Reason::Mentioned, count) => {
                format!(
                    "Вас упомянули {count} {}, в последний раз — {actor}.",
                    russian(count, "раз", "раза", "раз")
                )
            }
            (Reason::Assigned, _) => format!("{actor} назначает эту задачу вам."),
            (Reason::Unassigned, _) => format!("{actor} снимает эту задачу с вас."),
            (Reason::Commented, ..=1) => format!("{actor} пишет комментарий."),
            (Reason::Commented, count) => {
                let comments = russian(count, "новый комментарий", "новых комментария", "новых комментариев");
                format!("{count} {comments}, автор последнего — {actor}.")
            }
            (Reason::StatusChanged, _) => match news.status {
                Some(status) => format!("{actor} переводит эту задачу в статус «{status}»."),
                None => format!("{actor} переводит эту задачу в другой статус."),
            },
            (Reason::DueSoon, _) => format!("Скоро срок этой задачи: {due}."),
            (Reason::Overdue, _) => format!("Задача просрочена. Срок был {due}."),
            (Reason::MemberAdded, _) => format!("{actor} добавляет вас в проект «{}».", news.project),
        }
    }

    fn new_project(&self, project: &str) -> String {
        format!("Добро пожаловать в {project}")
    }

    fn in_project(&self, project: &str) -> String {
        format!("Проект: {project}")
    }

    fn open(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Task(_) => "Открыть задачу",
            Scope::Project(_) => "Открыть проект",
        }
    }

    fn because(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::Mentioned => "Вы получили это письмо, потому что вас упомянули.",
            Reason::Assigned => "Вы получили это письмо, потому что вам назначили задачу.",
            Reason::Unassigned => "Вы получили это письмо, потому что задача до сих пор была вашей.",
            Reason::Commented | Reason::StatusChanged => "Вы получили это письмо, потому что следите за этой задачей.",
            Reason::DueSoon | Reason::Overdue => "Вы получили это письмо, потому что следите за этой задачей или выполняете её.",
            Reason::MemberAdded => "Вы получили это письмо, потому что стали участником проекта.",
        }
    }

    fn no_more(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Task(_) => "Больше не присылать писем об этой задаче",
            Scope::Project(_) => "Больше не присылать писем об этом проекте",
        }
    }

    fn due(&self, due: &Due) -> String {
        let day = |day: jiff::civil::Date| {
            let month = MONTHS[usize::from(day.month().unsigned_abs()).saturating_sub(1) % MONTHS.len()];
            format!("{} {month} {}", day.day(), day.year())
        };
        match due {
            Due::Day(date) => day(*date),
            Due::At(at, zone) => format!("{}, {} ({zone})", day(at.date()), at.strftime("%H:%M")),
        }
    }

    fn page_title(&self) -> &'static str {
        "Отключить письма?"
    }

    fn page_question(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Task(_) => "Вы больше не будете получать писем об этой задаче.",
            Scope::Project(_) => "Вы больше не будете получать писем об этом проекте и его задачах.",
        }
    }

    fn page_note(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Task(_) => "Уведомления в самом трекере останутся, а если снова начать следить за задачей, вернутся и письма.",
            Scope::Project(_) => "Уведомления в самом трекере останутся.",
        }
    }

    fn page_button(&self) -> &'static str {
        "Отключить письма"
    }

    fn page_done(&self) -> &'static str {
        "Письма отключены"
    }
}
