//! What is known of projects, people and comments. Each says the same whatever the order in which events came.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::zone::Zone;
use crate::store::Fields;

/// An event of a task that names the zone of its project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// When it happened.
    pub at: Timestamp,
    /// The zone.
    pub zone: Zone,
}

/// What is known of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// Version of its newest event; 0 while only its tasks told of it.
    pub version: i64,
    /// Its zone.
    zone: Option<Zone>,
    /// Version of the project's event that named the zone; 0 where an event of a task did.
    zone_version: i64,
    /// Microseconds of the event of a task that named the zone.
    observed: i64,
}

impl Project {
    /// The zone by which its days are cut.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.zone.clone().unwrap_or(Zone::UTC)
    }

    /// Learns from an event of the project: the newest one that names a known zone decides.
    pub fn hear(&mut self, version: i64, zone: Option<&Zone>) {
        self.version = self.version.max(version);
        if let Some(zone) = zone
            && version > self.zone_version
        {
            *self = Self {
                version: self.version,
                zone: Some(zone.clone()),
                zone_version: version,
                observed: 0,
            };
        }
    }

    /// Learns from an event of a task: only while no event of the project named a zone, and the latest one decides.
    pub fn observe(&mut self, observation: &Observation) {
        let key = (observation.at.as_microsecond(), observation.zone.name());
        let known = self.zone.as_ref().map_or((i64::MIN, ""), |zone| (self.observed, zone.name()));
        if self.zone_version == 0 && key > known {
            self.observed = key.0;
            self.zone = Some(observation.zone.clone());
        }
    }

    /// As a document.
    #[must_use]
    pub fn to_fields(&self) -> Fields {
        let fields = Fields::default()
            .number("version", self.version)
            .number("zone_version", self.zone_version)
            .number("observed", self.observed);
        match &self.zone {
            Some(zone) => fields.text("zone", zone.name()),
            None => fields,
        }
    }

    /// From a document.
    #[must_use]
    pub fn from_fields(fields: &Fields) -> Self {
        Self {
            version: fields.get_number("version").unwrap_or_default(),
            zone: fields.get_text("zone").and_then(Zone::named),
            zone_version: fields.get_number("zone_version").unwrap_or_default(),
            observed: fields.get_number("observed").unwrap_or_default(),
        }
    }
}

/// What is known of a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Version of the newest event.
    pub version: i64,
    /// Whether the account is gone for good.
    pub is_deleted: bool,
}

impl Account {
    /// Learns from an event.
    pub fn hear(&mut self, version: i64, is_deleted: bool) {
        if version > self.version {
            *self = Self { version, is_deleted };
        }
    }

    /// As a document.
    #[must_use]
    pub fn to_fields(&self) -> Fields {
        Fields::default()
            .number("version", self.version)
            .number("deleted", i64::from(self.is_deleted))
    }

    /// From a document.
    #[must_use]
    pub fn from_fields(fields: &Fields) -> Self {
        Self {
            version: fields.get_number("version").unwrap_or_default(),
            is_deleted: fields.get_number("deleted") == Some(1),
        }
    }
}

/// What is known of a comment: nothing that counts, but a write of one can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// Its project.
    pub project_id: Uuid,
    /// How many events of it came: its version, because each change has one.
    pub version: i64,
}

impl Comment {
    /// As a document.
    #[must_use]
    pub fn to_fields(&self) -> Fields {
        Fields::default()
            .text("project", self.project_id.to_string())
            .number("version", self.version)
    }
}
