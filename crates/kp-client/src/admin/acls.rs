//! Access control lists.

use kp_rdkafka::admin::{
    self, Acl, AclOperation, AclPattern, AclPermission, AclResource, AdminError, ItemError,
};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::Admin;
use crate::error::Error;

/// What an administrator's list is asked for, which decides on the ACL that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To look at it: `Describe` on the cluster.
    Look,
    /// To change what is listed: `Alter` on the cluster, which includes `Describe`.
    Change,
}

impl Purpose {
    /// What it takes with configs. Whoever may change them may see them.
    pub(super) fn with_configs(self) -> &'static str {
        match self {
            Self::Look => "DescribeConfigs",
            Self::Change => "AlterConfigs",
        }
    }

    fn operation(self) -> AclOperation {
        match self {
            Self::Look => AclOperation::Describe,
            Self::Change => AclOperation::Alter,
        }
    }
}

impl Admin {
    /// The ACLs that count for one thing, those for all and for a beginning of its name included;
    /// or all ACLs. They are sorted.
    ///
    /// # Errors
    /// The embedded broker; a cluster without an authorizer; a user who may not see ACLs; no answer
    /// in time.
    pub fn acls(
        &self,
        about: Option<(AclResource, &str)>,
        purpose: Purpose,
    ) -> Result<Vec<Acl>, Error> {
        self.needs_kafka("keep ACLs")?;
        self.is_administrator("cannot list ACLs", purpose)?;
        let asked = self.ask(|left| admin::describe_acls(self.client(), about, left));
        let mut acls = asked.answer.map_err(|error| self.failed("cannot list ACLs", error))?;
        if acls.is_empty() {
            self.has_authorizer()?;
        }
        acls.sort();
        Ok(acls)
    }

    /// Adds ACLs; one that is there already stays.
    ///
    /// # Errors
    /// The embedded broker; what the broker refuses, for each ACL; no answer in time.
    pub fn add_acls(&self, acls: &[Acl]) -> Result<(), Error> {
        self.needs_kafka("keep ACLs")?;
        let asked = self.ask(|left| admin::create_acls(self.client(), acls, left));
        self.changed("cannot add an ACL", asked.answer)?;
        self.until_all_know_acls(|there| acls.iter().all(|acl| there.contains(acl)));
        Ok(())
    }

    /// Removes exactly these ACLs.
    ///
    /// # Errors
    /// The embedded broker; what the broker refuses, for each ACL; no answer in time.
    pub fn remove_acls(&self, acls: &[Acl]) -> Result<(), Error> {
        self.needs_kafka("keep ACLs")?;
        let asked = self.ask(|left| admin::delete_acls(self.client(), acls, left));
        self.changed("cannot remove an ACL", asked.answer)?;
        self.until_all_know_acls(|there| !acls.iter().any(|acl| there.contains(acl)));
        Ok(())
    }

    /// One sentence for each reason: hundreds of ACLs are refused for the same one.
    fn changed(
        &self,
        what: &str,
        answer: Result<Vec<Result<(), ItemError>>, AdminError>,
    ) -> Result<(), Error> {
        let answers = answer.map_err(|error| self.failed(what, error))?;
        let mut reasons: Vec<ItemError> = Vec::new();
        for error in answers.into_iter().filter_map(Result::err) {
            if !reasons.contains(&error) {
                reasons.push(error);
            }
        }
        let mut errors: Vec<_> = reasons.into_iter().map(|one| self.acl_error(what, one)).collect();
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Error::Several(errors)),
        }
    }

    fn acl_error(&self, what: &str, error: ItemError) -> Error {
        if error.code == Code::SecurityDisabled {
            return Error::Lacking(format!(
                "{what} on {}: this cluster has no authorizer, so everybody may do everything; set \
                 authorizer.class.name in the brokers' configs",
                self.broker()
            ));
        }
        self.refused(what, error).needs(format!("Alter on cluster {}", Acl::CLUSTER))
    }

    /// librdkafka drops the reason why ACLs are not listed. A broker without an authorizer refuses
    /// to remove ACLs, also one that nobody can have made: so it is asked to. A user who may not
    /// change ACLs is refused for that instead, and then there is an authorizer.
    fn has_authorizer(&self) -> Result<(), Error> {
        let nobody = Acl {
            resource: AclResource::Topic,
            name: "kp-admin-asks-for-an-authorizer".to_owned(),
            pattern: AclPattern::Literal,
            principal: "Nobody:kp-admin-asks-for-an-authorizer".to_owned(),
            host: "255.255.255.255".to_owned(),
            operation: AclOperation::Describe,
            permission: AclPermission::Deny,
        };
        let acls = [nobody];
        let asked = self.ask(|left| admin::delete_acls(self.client(), &acls, left));
        let answers = asked.answer.map_err(|error| self.failed("cannot list ACLs", error))?;
        let mut errors = answers.into_iter().filter_map(Result::err);
        match errors.find(|error| error.code == Code::SecurityDisabled) {
            Some(error) => Err(self.acl_error("cannot list ACLs", error)),
            None => Ok(()),
        }
    }

    /// Makes sure that this user may see what only the cluster's administrators see. librdkafka
    /// takes the broker's refusal to list ACLs for an empty list, and ends the process over its
    /// refusal to list users.
    pub(super) fn is_administrator(&self, what: &str, purpose: Purpose) -> Result<(), Error> {
        let asked = self.ask(|left| admin::cluster_operations(self.client(), left));
        let allowed = asked.answer.map_err(|error| self.failed(what, error))?;
        let needed = purpose.operation();
        if allowed.contains(&needed) || allowed.contains(&AclOperation::All) {
            return Ok(());
        }
        let step = format!("{what} on {}", self.broker());
        Err(Error::at(step, Code::ClusterAuthorizationFailed)
            .needs(format!("{needed:?} on cluster {}", Acl::CLUSTER)))
    }
}
