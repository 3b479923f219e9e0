//! The bucket itself: made for development, and told to give up what nobody completes.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint, CreateBucketConfiguration, ExpirationStatus,
    LifecycleRule, LifecycleRuleFilter,
};

use super::{S3, failure};
use crate::blob::BlobError;

/// The name of our rule.
const RULE: &str = "tasktracker-unfinished-uploads";

impl S3 {
    /// Makes the bucket, unless it is there.
    pub(super) async fn make_bucket(&self, region: &str) -> Result<(), BlobError> {
        let mut request = self.0.client.create_bucket().bucket(&self.0.bucket);
        // Amazon's first region must not be named.
        if region != "us-east-1" {
            let place = CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region))
                .build();
            request = request.create_bucket_configuration(place);
        }
        match request.send().await {
            Err(error) if !matches!(error.code(), Some("BucketAlreadyOwnedByYou" | "BucketAlreadyExists")) => Err(failure::of(error)),
            _ => Ok(()),
        }
    }

    /// Has S3 itself give up uploads that can no longer be completed: what a crash left, and the sweep did not find. A server that knows no
    /// such rule is no reason not to start.
    pub(super) async fn set_lifecycle(&self, expiry_hours: u32) {
        if let Err(error) = self.put_rule(expiry_hours).await {
            let error = format!("{:#}", anyhow::Error::new(error));
            tracing::warn!(
                error,
                "the bucket takes no rule for unfinished uploads: only the sweep gives them up"
            );
        }
    }

    async fn put_rule(&self, expiry_hours: u32) -> Result<(), BlobError> {
        let days = i32::try_from(expiry_hours.div_ceil(24) + 1).unwrap_or(i32::MAX);
        let rule = LifecycleRule::builder()
            .id(RULE)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix(self.0.keys.objects()).build())
            .abort_incomplete_multipart_upload(AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build())
            .build()
            .map_err(std::io::Error::other)?;
        let bucket = &self.0.bucket;
        let mut rules = match self.0.client.get_bucket_lifecycle_configuration().bucket(bucket).send().await {
            Ok(found) => found.rules.unwrap_or_default(),
            Err(error) if error.code() == Some("NoSuchLifecycleConfiguration") => Vec::new(),
            Err(error) => return Err(failure::of(error)),
        };
        if rules.contains(&rule) {
            return Ok(());
        }
        // The others are somebody else's.
        rules.retain(|other| other.id() != Some(RULE));
        rules.push(rule);
        let rules = BucketLifecycleConfiguration::builder()
            .set_rules(Some(rules))
            .build()
            .map_err(std::io::Error::other)?;
        let request = self.0.client.put_bucket_lifecycle_configuration().bucket(bucket);
        request.lifecycle_configuration(rules).send().await.map(drop).map_err(failure::of)
    }
}
