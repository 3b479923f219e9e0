//! What lists of projects can be filtered and ordered by.

use super::choices::Visibility;
use super::filter::{Field, Kind, Table};
use super::order::{Ordering, SortField};

/// A field that projects can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the field of the resource with this name")]
pub enum ProjectColumn {
    Key,
    Name,
    Visibility,
    CreateTime,
}

/// What projects can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the field of the resource with this name")]
pub enum ProjectSort {
    Name,
    Key,
    CreateTime,
    UpdateTime,
    Id,
}

/// Filters of projects.
pub const PROJECTS_FILTER: Table<ProjectColumn> = Table {
    fields: &[
        Field::required("key", ProjectColumn::Key, Kind::Key),
        Field::required("name", ProjectColumn::Name, Kind::Text),
        Field::required("visibility", ProjectColumn::Visibility, Kind::Choice(Visibility::NAMES)),
        Field::required("create_time", ProjectColumn::CreateTime, Kind::Instant),
    ],
    words: ProjectColumn::Name,
};

/// Orders of projects.
pub const PROJECTS_ORDER: Ordering<ProjectSort> = Ordering {
    fields: &[
        SortField {
            name: "name",
            field: ProjectSort::Name,
            unique: false,
        },
        SortField {
            name: "key",
            field: ProjectSort::Key,
            unique: true,
        },
        SortField {
            name: "create_time",
            field: ProjectSort::CreateTime,
            unique: false,
        },
        SortField {
            name: "update_time",
            field: ProjectSort::UpdateTime,
            unique: false,
        },
    ],
    default: "name",
    tiebreak: ProjectSort::Id,
};
