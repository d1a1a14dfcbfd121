pub(crate) fn charge<C: Card>(card: &C, cents: u64) -> Alias<Receipt> {
    ::tallied::__private::observe(
        {
            static __TALLIED_SITE: ::tallied::__private::Site<
                { ::tallied::__private::cells(&::tallied::__private::STANDARD_BUCKETS) },
            > = ::tallied::__private::Site::new(
                ::tallied::__private::Definition::new(
                        ::tallied::__private::Identity::name("task_name", "charge"),
                        ::core::file!(),
                        ::core::line!(),
                    )
                    .counter(
                        "my_shop_task_calls_total",
                        "Calls by task_name and status.",
                        true,
                    )
                    .histogram(
                        "my_shop_task_duration_seconds",
                        "Duration of calls in seconds, by task_name and status.",
                        true,
                        &::tallied::__private::STANDARD_BUCKETS,
                    )
                    .in_flight(
                        "my_shop_task_in_flight",
                        "Calls running now, by task_name.",
                        true,
                    ),
                &__TALLIED_SITE,
            );
            &__TALLIED_SITE
        },
        |__site| {
            ::tallied::__private::tracing::span!(
                target : ::core::module_path!(),
                ::tallied::__private::tracing::Level::INFO, "charge", "task_name" = & *
                __site.identity(),
            )
        },
        move || -> Alias<Receipt> {
            #[allow(
                let_underscore_lock,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let card = card;
            #[allow(
                let_underscore_lock,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let mut cents = cents;
            {
                ::tallied::__private::nothing();
                cents += card.fee();
                card.charge(cents)
            }
        },
        |__out| {
            #[allow(unused_imports)]
            use ::tallied::__private::{AskAny as _, AskResult as _};
            (&&::tallied::__private::Ask(__out)).told()
        },
    )
}
