//! Counts everything anew from the archive, as a new generation beside the one that is answered, and lets that one be answered at the end. The
//! documents are the same, byte for byte, as if every event had just been counted one by one.

use std::collections::BTreeMap;
use std::mem;

use uuid::Uuid;

use super::read::{About, Fact, TaskFact};
use super::{CountError, Projection};
use crate::domain::contributions;
use crate::domain::page::Tally;
use crate::domain::task::{History, Step};
use crate::records::ids::Generation;
use crate::records::seen::{Account, Comment, Project};
use crate::records::{archive, task};
use crate::store::{DocumentStore, Fields, StoreError, Write, end_of, walk};

/// Documents that are written at once.
const WRITTEN_AT_ONCE: usize = 2_000;
/// The revision of everything that a rebuild writes: nothing of its generation was written before.
const REVISION: i64 = 1;

/// What a rebuild did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// The generation that is answered now.
    pub generation: i64,
    /// Events that were read.
    pub events: u64,
    /// Documents that were made.
    pub documents: u64,
}

impl Projection {
    /// Counts everything anew. Meanwhile no event is counted, and the old numbers are answered. A rebuild that is interrupted changes nothing.
    ///
    /// # Errors
    /// The store does not answer, or another process counted meanwhile.
    pub async fn rebuild(&self) -> Result<Rebuilt, CountError> {
        let mut known = self.0.head.lock().await;
        known.take();
        let head = self.0.ledger.open().await?;
        let generation = Generation(head.generation + 1);
        self.remove_others(Generation(head.generation)).await?;
        let mut maker = Maker {
            store: self.store(),
            generation,
            projects: BTreeMap::new(),
            comments: BTreeMap::new(),
            writes: Vec::new(),
            rebuilt: Rebuilt {
                generation: generation.0,
                events: 0,
                documents: 0,
            },
        };
        maker.accounts().await?;
        maker.projects().await?;
        maker.tasks().await?;
        maker.rest().await?;
        let rebuilt = maker.rebuilt;
        let head = self.0.ledger.commit(&head, generation.0, Vec::new()).await?;
        *known = Some(head);
        drop(known);
        // Readers look which generation is answered after they have read, and read again where it is another one.
        self.remove_others(generation).await?;
        self.0.counted.send_modify(|batches| *batches += 1);
        Ok(rebuilt)
    }

    /// Removes all generations but one: those before it, and what an interrupted rebuild left.
    async fn remove_others(&self, kept: Generation) -> Result<(), StoreError> {
        let prefix = kept.prefix();
        self.store().remove_range("g", &prefix).await?;
        self.store().remove_range(&end_of(&prefix), "h").await
    }
}

struct Maker<'a> {
    store: &'a dyn DocumentStore,
    generation: Generation,
    projects: BTreeMap<Uuid, Project>,
    comments: BTreeMap<Uuid, Comment>,
    writes: Vec<Write>,
    rebuilt: Rebuilt,
}

/// The events of a project's tasks: how the numbers change depends on a zone that only the last of them may tell.
#[derive(Default)]
struct Gathered {
    task: Option<(Uuid, Vec<Step>)>,
    histories: Vec<(Uuid, History)>,
}

impl Gathered {
    fn end_task(&mut self, project_id: Uuid) {
        if let Some((task_id, steps)) = self.task.take() {
            self.histories.push((task_id, History::of(project_id, &steps)));
        }
    }
}

impl Maker<'_> {
    async fn put(&mut self, id: String, fields: Fields) -> Result<(), StoreError> {
        self.writes.push(Write {
            id,
            was: None,
            fields: Some(fields),
        });
        if self.writes.len() >= WRITTEN_AT_ONCE {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let writes = mem::take(&mut self.writes);
        self.rebuilt.documents += writes.len() as u64;
        self.store.write(REVISION, &writes).await
    }

    async fn accounts(&mut self) -> Result<(), StoreError> {
        let mut accounts = BTreeMap::<Uuid, Account>::new();
        let (mut from, to) = (archive::USERS.to_owned(), end_of(archive::USERS));
        while let Some((documents, next)) = walk(self.store, &from, &to).await? {
            self.rebuilt.events += documents.len() as u64;
            for document in documents {
                if let Fact::Account(fact) = archive::read(&document)? {
                    accounts.entry(fact.user_id).or_default().hear(fact.version, fact.is_deleted);
                }
            }
            from = next;
        }
        for (user_id, account) in accounts {
            self.put(self.generation.account(user_id), account.to_fields()).await?;
        }
        Ok(())
    }

    async fn projects(&mut self) -> Result<(), StoreError> {
        let (mut from, to) = (archive::PROJECTS.to_owned(), end_of(archive::PROJECTS));
        while let Some((documents, next)) = walk(self.store, &from, &to).await? {
            self.rebuilt.events += documents.len() as u64;
            for document in documents {
                if let Fact::Project(fact) = archive::read(&document)? {
                    self.projects
                        .entry(fact.project_id)
                        .or_default()
                        .hear(fact.version, fact.zone.as_ref());
                }
            }
            from = next;
        }
        Ok(())
    }

    async fn tasks(&mut self) -> Result<(), StoreError> {
        let mut gathered = Gathered::default();
        let mut project = None;
        let (mut from, to) = (archive::TASKS.to_owned(), end_of(archive::TASKS));
        while let Some((documents, next)) = walk(self.store, &from, &to).await? {
            self.rebuilt.events += documents.len() as u64;
            for document in documents {
                let Fact::Task(fact) = archive::read(&document)? else { continue };
                if let Some(ended) = project.replace(fact.project_id)
                    && ended != fact.project_id
                {
                    self.count(ended, mem::take(&mut gathered)).await?;
                }
                self.gather(&mut gathered, *fact);
            }
            from = next;
        }
        if let Some(ended) = project {
            self.count(ended, gathered).await?;
        }
        Ok(())
    }

    fn gather(&mut self, gathered: &mut Gathered, fact: TaskFact) {
        let project = self.projects.entry(fact.project_id).or_default();
        if let Some(observation) = archive::observation(&fact) {
            project.observe(&observation);
        }
        match fact.about {
            About::Task(step) => {
                if gathered.task.as_ref().is_none_or(|(task_id, _)| *task_id != fact.task_id) {
                    gathered.end_task(fact.project_id);
                    gathered.task = Some((fact.task_id, Vec::new()));
                }
                if let Some((_, steps)) = &mut gathered.task {
                    steps.push(step);
                }
            }
            About::Comment(comment_id) => {
                let comment = self.comments.entry(comment_id).or_insert(Comment {
                    project_id: fact.project_id,
                    version: 0,
                });
                comment.version += 1;
            }
            About::Unknown => {}
        }
    }

    async fn count(&mut self, project_id: Uuid, mut gathered: Gathered) -> Result<(), StoreError> {
        gathered.end_task(project_id);
        let zone = self.projects.entry(project_id).or_default().zone();
        let mut tally = Tally::default();
        for (task_id, history) in gathered.histories {
            contributions::whole(&mut tally, &history, &zone, 1);
            if let Some(state) = history.state {
                self.put(self.generation.task(task_id), task::to_fields(&state)).await?;
            }
        }
        for (address, numbers) in tally.pages() {
            let fields = numbers
                .iter()
                .fold(Fields::default(), |fields, (name, number)| fields.number(name, *number));
            self.put(self.generation.page(address), fields).await?;
        }
        Ok(())
    }

    async fn rest(&mut self) -> Result<(), StoreError> {
        for (project_id, project) in mem::take(&mut self.projects) {
            self.put(self.generation.project(project_id), project.to_fields()).await?;
        }
        for (comment_id, comment) in mem::take(&mut self.comments) {
            self.put(self.generation.comment(comment_id), comment.to_fields()).await?;
        }
        self.flush().await
    }
}
