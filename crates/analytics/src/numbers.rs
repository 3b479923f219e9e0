//! Reading numbers: a few pages, found by their ids, whatever the number of tasks. The generation that is answered is kept in memory and
//! looked at with every read; where it has changed meanwhile, the read is done again.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::try_join;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::domain::category::Category;
use crate::domain::days::Asked;
use crate::domain::due::Minute;
use crate::domain::page::{Address, Month, Page};
use crate::domain::task::TaskState;
use crate::domain::zone::Zone;
use crate::records::ids::{self, Generation};
use crate::records::seen::{Account, Project};
use crate::records::task;
use crate::store::{Document, Fields, HEAD, SharedStore, StoreError, all_in, generation_of};

/// How often a read is done again because the generation changed.
const ATTEMPTS: usize = 5;

/// Reads numbers.
#[derive(Debug)]
pub struct Numbers {
    store: SharedStore,
    generation: AtomicI64,
}

/// What the pages of a project, or of a person in projects, say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    categories: BTreeMap<Category, i64>,
    /// Open tasks whose deadline has passed.
    pub overdue: i64,
    days: BTreeMap<Date, (i64, i64)>,
}

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Whose it is.
    pub project_id: Uuid,
    /// How far it was counted.
    pub version: i64,
}

impl Numbers {
    /// Reads from this store.
    #[must_use]
    pub fn new(store: SharedStore) -> Self {
        Self {
            store,
            generation: AtomicI64::new(1),
        }
    }

    fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::Relaxed))
    }

    /// Takes the lock out of what was read, and says whether the generation was the right one.
    fn is_present(&self, read: Generation, documents: &[Document]) -> bool {
        let head = documents.iter().find(|document| document.id == HEAD);
        let present = head.map_or(1, generation_of);
        self.generation.store(present, Ordering::Relaxed);
        present == read.0
    }

    /// The documents that a generation has under these ids: one look at the store.
    async fn find(&self, ids: impl Fn(Generation) -> Vec<String>) -> Result<(Generation, Vec<Document>), StoreError> {
        for _ in 0..ATTEMPTS {
            let generation = self.generation();
            let mut wanted = ids(generation);
            wanted.push(HEAD.to_owned());
            let documents = self.store.get(&wanted).await?;
            if self.is_present(generation, &documents) {
                return Ok((generation, documents));
            }
        }
        Err(StoreError::Conflict)
    }

    /// A project's zone, and its numbers.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of_project(&self, project_id: Uuid, asked: Asked, now: Timestamp) -> Result<(Zone, Sum), StoreError> {
        let minute = Minute::begun(now);
        let mut pages = pages_now(minute);
        pages.extend(asked.months(minute.day).into_iter().map(Page::Days));
        let ids = |generation: Generation| {
            let address = |page: &Page| Address {
                project_id,
                user_id: None,
                page: *page,
            };
            let pages = pages.iter().map(|page| generation.page(&address(page)));
            pages.chain([generation.project(project_id)]).collect()
        };
        let (generation, documents) = self.find(ids).await?;
        let about = generation.project(project_id);
        let (mut zone, mut sum) = (Zone::UTC, Sum::default());
        for document in &documents {
            if document.id == about {
                zone = Project::from_fields(&document.fields).zone();
            } else {
                sum.add(document, minute);
            }
        }
        Ok((zone, sum))
    }

    /// Whether the person is known, and their numbers in these projects.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of_user(&self, user_id: Uuid, projects: &[Uuid], asked: Asked, now: Timestamp) -> Result<(bool, Sum), StoreError> {
        let minute = Minute::begun(now);
        let projects: HashSet<Uuid> = projects.iter().copied().collect();
        let months = asked.months(minute.day);
        for _ in 0..ATTEMPTS {
            let generation = self.generation();
            let [now_page, due_days, due_minutes] = pages_now(minute)
                .try_into()
                .map_err(|_| StoreError::Conflict)
                .map(|pages: [Page; 3]| pages.map(|page| generation.pages_of_user(user_id, page)))?;
            let days = match (months.first(), months.last()) {
                (Some(first), Some(last)) => generation.days_of_user(user_id, *first, *last),
                _ => Default::default(),
            };
            let store = &*self.store;
            let read = try_join!(
                all_in(store, &now_page),
                all_in(store, &due_days),
                all_in(store, &due_minutes),
                all_in(store, &days)
            )?;
            // Last: what was read before is whole if the generation is still the same.
            let about = self.store.get(&[generation.account(user_id), HEAD.to_owned()]).await?;
            if !self.is_present(generation, &about) {
                continue;
            }
            let mut sum = Sum::default();
            for document in [read.0, read.1, read.2, read.3].into_iter().flatten() {
                if ids::project_of_page(&document.id).is_some_and(|project| projects.contains(&project)) {
                    sum.add(&document, minute);
                }
            }
            let account = about.iter().find(|document| document.id != HEAD);
            let is_known = account.is_some_and(|account| !Account::from_fields(&account.fields).is_deleted);
            return Ok((is_known, sum));
        }
        Err(StoreError::Conflict)
    }

    /// A task, if an event of it was counted.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of_task(&self, task_id: Uuid) -> Result<Option<TaskState>, StoreError> {
        let (_, documents) = self.find(|generation| vec![generation.task(task_id)]).await?;
        let document = documents.iter().find(|document| document.id != HEAD);
        document.map(task::from_document).transpose()
    }

    /// How far a task, a project or a comment was counted.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn counted(&self, id: Uuid) -> Result<Option<Counted>, StoreError> {
        let ids = |generation: Generation| vec![generation.task(id), generation.project(id), generation.comment(id)];
        let (_, documents) = self.find(ids).await?;
        let counted = |document: &Document| {
            let project = document.fields.get_text("project").map_or(Ok(id), Uuid::try_parse);
            let version = document.fields.get_number("version");
            Some(Counted {
                project_id: project.ok()?,
                version: version?,
            })
        };
        Ok(documents.iter().filter(|document| document.id != HEAD).find_map(counted))
    }
}

/// The pages that say what is now.
fn pages_now(minute: Minute) -> Vec<Page> {
    vec![Page::Now, Page::DueDays(Month::of(minute.day)), Page::DueMinutes(minute.day)]
}

impl Sum {
    /// Live tasks of a category.
    #[must_use]
    pub fn in_category(&self, category: Category) -> i64 {
        self.categories.get(&category).copied().unwrap_or_default()
    }

    /// Tasks made, and tasks done, on a day.
    #[must_use]
    pub fn on(&self, day: Date) -> (i64, i64) {
        self.days.get(&day).copied().unwrap_or_default()
    }

    /// Adds a page.
    fn add(&mut self, document: &Document, minute: Minute) {
        let mut parts = document.id.split('|').skip(3);
        match (parts.next(), parts.next().unwrap_or_default()) {
            (Some("now"), _) => self.add_now(&document.fields, Month::of(minute.day)),
            (Some("days"), month) => self.add_days(&document.fields, month),
            // The day of a month, and the minute of a day, are told apart by the length of what stands before.
            (Some("due"), month) if month.len() == "2026-05".len() => {
                let today = format!("o{:02}", minute.day.day());
                self.add_due(&document.fields, |name| name < today.as_str());
            }
            (Some("due"), _) => {
                let now = format!("o{:04}", minute.minute);
                self.add_due(&document.fields, |name| name <= now.as_str());
            }
            _ => {}
        }
    }

    fn add_now(&mut self, fields: &Fields, month: Month) {
        for (name, number) in fields.numbers() {
            if let Some(category) = name.strip_prefix('k') {
                let category = category.parse().ok().and_then(Category::from_number);
                if let Some(category) = category {
                    *self.categories.entry(category).or_default() += number;
                }
            }
        }
        let month = format!("o{}", month.digits());
        self.add_due(fields, |name| name < month.as_str());
    }

    fn add_due(&mut self, fields: &Fields, is_past: impl Fn(&str) -> bool) {
        let past = fields.numbers().filter(|(name, _)| name.starts_with('o') && is_past(name));
        self.overdue += past.map(|(_, number)| number).sum::<i64>();
    }

    fn add_days(&mut self, fields: &Fields, month: &str) {
        let Ok(first) = format!("{month}-01").parse::<Date>() else { return };
        for (name, number) in fields.numbers() {
            let (kind, day) = name.split_at(1);
            let day = day.parse().ok().and_then(|day| Date::new(first.year(), first.month(), day).ok());
            let Some(day) = day else { continue };
            let (created, completed) = self.days.entry(day).or_default();
            match kind {
                "c" => *created += number,
                "d" => *completed += number,
                _ => {}
            }
        }
    }
}
