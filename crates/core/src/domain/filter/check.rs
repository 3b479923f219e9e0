//! Gives the words of a filter their meaning: finds its fields in a table, and reads each value as the kind of its field wants it.

use super::super::field_name::snake_case;
use super::super::ids::UserId;
use super::super::text::fold;
use super::super::zone::Zone;
use super::expression::{Comparison, Filter, Literal, Test};
use super::parser::parse;
use super::syntax::{BadFilter, Node, Operator, Word};
use super::table::{Field, Kind, Table};
use super::value;

/// Who asks, and by which calendar.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The caller: what `me` stands for.
    pub user_id: UserId,
    /// Where a day compared with an instant begins and ends: the project's zone, or UTC in lists across projects.
    pub zone: &'a Zone,
}

/// Reads a filter of a list. An empty one lets everything through.
pub fn compile<F: Copy>(text: &str, table: &Table<F>, asker: Asker) -> Result<Filter<F>, BadFilter> {
    Checker { table, asker }.node(parse(text)?)
}

struct Checker<'a, F: 'static> {
    table: &'a Table<F>,
    asker: Asker<'a>,
}

impl<F: Copy> Checker<'_, F> {
    fn node(&self, node: Node) -> Result<Filter<F>, BadFilter> {
        let all = |nodes: Vec<Node>| nodes.into_iter().map(|node| self.node(node)).collect::<Result<Vec<_>, _>>();
        match node {
            Node::All(nodes) => all(nodes).map(Filter::All),
            Node::Any(nodes) => all(nodes).map(Filter::Any),
            Node::Not(node) => self.node(*node).map(Filter::negated),
            Node::Text(word) => contains(self.table.words, &word),
            Node::Restriction { field, operator, value } => self.restriction(&field, operator, &value),
        }
    }

    fn restriction(&self, name: &Word, operator: Operator, word: &Word) -> Result<Filter<F>, BadFilter> {
        let field = self.find(name)?;

        // Everything is said by positive tests: `a != b` is `NOT a = b`, so that tasks without a value are included.
        if operator == Operator::NotEqual {
            return self.test(field, Operator::Equal, name, word).map(Filter::negated);
        }
        self.test(field, operator, name, word)
    }

    fn find(&self, name: &Word) -> Result<&Field<F>, BadFilter> {
        let known = self.table.fields;
        known.iter().find(|field| field.name == snake_case(&name.text)).ok_or_else(|| {
            let possible = known.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
            BadFilter::new(name.position, format!("unknown field {:?}; possible are {possible}", name.text))
        })
    }

    fn test(&self, field: &Field<F>, operator: Operator, name: &Word, word: &Word) -> Result<Filter<F>, BadFilter> {
        if let Some(presence) = presence(field, operator, word)? {
            return Ok(presence);
        }

        let comparison = comparison(operator);
        let no_order = || {
            BadFilter::new(
                name.position,
                format!("`{}` is not possible with {}", operator.symbol(), field.name),
            )
        };
        let compare = |literal| Filter::is(field.field, Test::Compare(comparison, literal));
        let is_equality = comparison == Comparison::Equal;
        match field.kind {
            Kind::Text | Kind::Key if operator == Operator::Has => contains(field.field, word),
            Kind::Text if is_equality => Ok(compare(Literal::Text(word.text.clone()))),
            Kind::Key if is_equality => Ok(compare(Literal::Text(word.text.to_ascii_uppercase()))),
            Kind::Id if is_equality => value::id(word).map(|id| compare(Literal::Id(id))),
            Kind::Person if is_equality => value::person(word, self.asker.user_id).map(|id| compare(Literal::Id(id))),
            Kind::People if is_equality => value::person(word, self.asker.user_id).map(|id| Filter::is(field.field, Test::Holds(id))),
            Kind::Choice(names) if is_equality => value::choice(word, names).map(compare),
            Kind::Flag if is_equality => value::flag(word).map(compare),
            Kind::RankedChoice(names) => value::choice(word, names).map(compare),
            Kind::Integer => value::integer(word).map(compare),
            Kind::Decimal => value::decimal(word).map(compare),
            Kind::Date => value::date(word).map(compare),
            Kind::Due => value::date_or_instant(word).map(compare),
            Kind::Instant => value::date_or_instant(word).map(|literal| self.whole_day(field.field, comparison, literal)),
            Kind::Text | Kind::Key | Kind::Id | Kind::Person | Kind::People | Kind::Choice(_) | Kind::Flag => Err(no_order()),
        }
    }

    /// An instant is before a day, in it, or after it.
    fn whole_day(&self, field: F, comparison: Comparison, literal: Literal) -> Filter<F> {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};

        let is = |comparison, literal| Filter::is(field, Test::Compare(comparison, literal));
        let Literal::Date(day) = literal else {
            return is(comparison, literal);
        };
        let begin = Literal::Instant(self.asker.zone.start_of(day));
        let end = Literal::Instant(day.tomorrow().map_or(jiff::Timestamp::MAX, |next| self.asker.zone.start_of(next)));
        match comparison {
            Equal => Filter::All(vec![is(GreaterOrEqual, begin), is(Less, end)]),
            Less => is(Less, begin),
            LessOrEqual => is(Less, end),
            Greater => is(GreaterOrEqual, end),
            GreaterOrEqual => is(GreaterOrEqual, begin),
        }
    }
}

/// Reads `field = none` and `field:*`. The choice NONE of a field that always has a value is no missing value.
fn presence<F: Copy>(field: &Field<F>, operator: Operator, word: &Word) -> Result<Option<Filter<F>>, BadFilter> {
    let asks_none = !word.quoted && word.text == "none" && !matches!(field.kind, Kind::Text | Kind::Choice(_) | Kind::RankedChoice(_));
    let asks_any = !word.quoted && word.text == "*" && operator == Operator::Has;
    if !asks_none && !asks_any {
        return Ok(None);
    }
    if comparison(operator) != Comparison::Equal {
        return Err(BadFilter::new(
            word.position,
            "`none` is neither more nor less than anything; compare with `=` or `!=`",
        ));
    }
    match (asks_none, field.optional) {
        (true, false) => Err(BadFilter::new(word.position, format!("{} always has a value", field.name))),
        (true, true) => Ok(Some(Filter::is(field.field, Test::Empty))),
        (false, true) => Ok(Some(Filter::is(field.field, Test::Empty).negated())),
        (false, false) => Ok(Some(Filter::everything())),
    }
}

fn contains<F>(field: F, word: &Word) -> Result<Filter<F>, BadFilter> {
    if word.text.is_empty() {
        return Err(BadFilter::new(word.position, "expected a text to look for"));
    }
    Ok(Filter::is(field, Test::Contains(fold(&word.text))))
}

/// `:` between a field and a single value means `=`.
const fn comparison(operator: Operator) -> Comparison {
    match operator {
        Operator::Equal | Operator::NotEqual | Operator::Has => Comparison::Equal,
        Operator::Less => Comparison::Less,
        Operator::LessOrEqual => Comparison::LessOrEqual,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::project_list::PROJECTS_FILTER;
    use super::super::super::task_list::{MY_TASKS_FILTER, PROJECT_TASKS_FILTER, TaskColumn};
    use super::*;

    const SOMEBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn asker(zone: &Zone) -> Asker<'_> {
        Asker {
            user_id: SOMEBODY.parse().unwrap(),
            zone,
        }
    }

    fn compiled(text: &str) -> Filter<TaskColumn> {
        compile(text, &PROJECT_TASKS_FILTER, asker(&"Europe/Berlin".parse().unwrap())).unwrap_or_else(|bad| panic!("{text:?}: {bad}"))
    }

    fn problem(text: &str) -> String {
        compile(text, &PROJECT_TASKS_FILTER, asker(&Zone::UTC)).unwrap_err().to_string()
    }

    fn compare(field: TaskColumn, comparison: Comparison, literal: Literal) -> Filter<TaskColumn> {
        Filter::is(field, Test::Compare(comparison, literal))
    }

    #[test]
    fn the_examples_of_the_proto() {
        let somebody = SOMEBODY.parse::<UserId>().unwrap().uuid();
        let day = |text: &str| Literal::Date(super::super::super::due::parse_date(text).unwrap());

        assert_eq!(
            compiled(&format!("assignee_ids:{SOMEBODY}")),
            Filter::is(TaskColumn::AssigneeIds, Test::Holds(somebody))
        );
        assert_eq!(compiled("assignee_ids = none"), Filter::is(TaskColumn::AssigneeIds, Test::Empty));
        assert_eq!(
            compiled("due < \"2026-05-01\""),
            compare(TaskColumn::Due, Comparison::Less, day("2026-05-01"))
        );
        assert_eq!(
            compiled("priority >= HIGH"),
            compare(TaskColumn::Priority, Comparison::GreaterOrEqual, Literal::Integer(4))
        );
        assert_eq!(compiled("Login"), Filter::is(TaskColumn::Title, Test::Contains("login".to_owned())));
    }

    #[test]
    fn ways_of_writing_the_same() {
        for (one, other) in [
            ("assigneeIds:me", "assignee_ids = me"),
            ("priority = priority_high", "priority:HIGH"),
            ("status_category = STATUS_CATEGORY_STARTED", "statusCategory=Started"),
            ("key = web-12", "key:\"WEB-12\" OR key = \"WEB-12\""),
            ("parent_id != none", "parent_id:*"),
            ("due != none", "NOT due = none"),
            ("overdue = true", "overdue:true"),
            ("'Pay rent'", "title:'pay RENT'"),
        ] {
            let same = |filter: &Filter<TaskColumn>| match filter {
                Filter::Any(filters) => filters[1].clone(),
                other => other.clone(),
            };
            assert_eq!(same(&compiled(one)), same(&compiled(other)), "{one} is {other}");
        }
    }

    #[test]
    fn no_priority_is_a_priority() {
        assert_eq!(
            compiled("priority = none"),
            compare(TaskColumn::Priority, Comparison::Equal, Literal::Integer(1))
        );
        assert_eq!(
            compiled("title = none"),
            compare(TaskColumn::Title, Comparison::Equal, Literal::Text("none".to_owned()))
        );
    }

    #[test]
    fn a_day_compared_with_an_instant_is_all_of_the_day_in_the_zone() {
        let instant = |text: &str| Literal::Instant(text.parse().unwrap());
        let (begin, end) = (instant("2026-03-28T23:00:00Z"), instant("2026-03-29T22:00:00Z"));
        let is = |comparison, literal: &Literal| compare(TaskColumn::CreateTime, comparison, literal.clone());
        use Comparison::{GreaterOrEqual, Less};

        assert_eq!(
            compiled("create_time = 2026-03-29"),
            Filter::All(vec![is(GreaterOrEqual, &begin), is(Less, &end)])
        );
        assert_eq!(compiled("create_time < 2026-03-29"), is(Less, &begin));
        assert_eq!(compiled("create_time <= 2026-03-29"), is(Less, &end));
        assert_eq!(compiled("create_time > 2026-03-29"), is(GreaterOrEqual, &end));
        assert_eq!(compiled("create_time >= 2026-03-29"), is(GreaterOrEqual, &begin));
        assert_eq!(
            compiled("create_time < 2026-03-29T01:00:00+02:00"),
            is(Less, &instant("2026-03-28T23:00:00Z"))
        );
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (text, expected) in [
            (
                "a AND prio = HIGH",
                "at character 7: unknown field \"prio\"; possible are title, key, number,",
            ),
            ("number = x", "at character 10: expected a whole number"),
            ("number = 1.5", "at character 10: expected a whole number"),
            ("estimate_points > NaN", "at character 19: expected a number"),
            ("priority > TOP", "at character 12: expected one of NONE, LOW, MEDIUM, HIGH, URGENT"),
            ("priority = UNSPECIFIED", "at character 12: expected one of NONE, LOW"),
            ("status_id = Done", "at character 13: expected an id (a UUID)"),
            ("status_id = me", "at character 13: expected an id (a UUID)"),
            ("assignee_ids:\"me\"", "at character 14: expected a user's id (a UUID), or `me`"),
            ("due = soon", "at character 7: expected a day, YYYY-MM-DD, or a time"),
            ("due = 2026-02-30", "at character 7: expected a day"),
            ("start_date = 2026-05-01T10:00:00Z", "at character 14: expected a day, YYYY-MM-DD"),
            (
                "create_time > 2026-05-01T10:00",
                "at character 15: expected a day, YYYY-MM-DD, or a time",
            ),
            ("overdue = yes", "at character 11: expected true or false"),
            ("title < b", "at character 1: `<` is not possible with title"),
            (
                "status_category >= STARTED",
                "at character 1: `>=` is not possible with status_category",
            ),
            ("assignee_ids > me", "at character 1: `>` is not possible with assignee_ids"),
            ("due < none", "at character 7: `none` is neither more nor less than anything"),
            ("creator_id = none", "at character 14: creator_id always has a value"),
            ("title:\"\"", "at character 7: expected a text to look for"),
            ("project_id = x", "at character 1: unknown field \"project_id\""),
        ] {
            let problem = problem(text);
            assert!(problem.starts_with(expected), "{text:?}: {problem}");
        }
    }

    #[test]
    fn lists_know_their_own_fields() {
        let zone = Zone::UTC;
        assert!(compile(&format!("project_id = {SOMEBODY}"), &MY_TASKS_FILTER, asker(&zone)).is_ok());
        assert!(
            compile(
                "key:WE AND name:\"shop\" visibility = INTERNAL create_time > 2026-01-01 web",
                &PROJECTS_FILTER,
                asker(&zone)
            )
            .is_ok()
        );
        assert!(compile("priority = HIGH", &PROJECTS_FILTER, asker(&zone)).is_err());
    }
}
