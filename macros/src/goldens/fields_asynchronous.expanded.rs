#[allow(clippy::manual_async_fn, clippy::async_yields_async)]
fn retry(&self, causes: Vec<Id>) -> impl ::core::future::Future<Output = ()> {
    let __site = {
        static __TALLIED_SITE: ::tallied::__private::SpanOnly = ::tallied::__private::SpanOnly::new(
            ::tallied::__private::Definition::of_calls(
                    &[],
                    &[],
                    (::core::file!(), ::core::line!(), ::core::module_path!()),
                    (false, true),
                    ("retry", 3, true),
                )
                .fields(&["attempt"]),
        );
        &__TALLIED_SITE
    };
    ::tallied::__private::Observed::new(
        __site,
        0,
        ::tallied::__private::Inside(::tallied::__private::At::<3>),
        async move {
            let _ = &self;
            #[allow(
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let _ = &causes;
            #[allow(
                unreachable_code,
                clippy::diverging_sub_expression,
                clippy::empty_loop,
                clippy::let_unit_value
            )]
            if false {
                let __returned: () = loop {};
                return __returned;
            }
            #[allow(
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let __opened = match ::tallied::__private::ready(
                __site,
                ::tallied::__private::At::<3>,
            ) {
                ::core::option::Option::Some(__ready) => {
                    let __opened = __ready
                        .open(
                            0,
                            &[
                                ::core::option::Option::Some::<
                                    &dyn ::tallied::__private::tracing::Value,
                                >(
                                    &::tallied::__private::tracing::field::debug::<
                                        &dyn ::core::fmt::Debug,
                                    >(&&(self.attempt)),
                                ),
                            ],
                        );
                    #[allow(for_loops_over_fallibles)]
                    for __cause in causes {
                        __opened
                            .follows_from(
                                ::core::convert::Into::<
                                    ::core::option::Option<::tallied::__private::tracing::Id>,
                                >::into(__cause),
                            );
                    }
                    ::core::option::Option::Some(__opened)
                }
                ::core::option::Option::None => ::core::option::Option::None,
            };
            ::tallied::__private::hand_over(__opened, __site).await;
            {
                const _: () = ();
                self.run().await
            }
        },
        ::tallied::__private::returned::<::tallied::__private::Status, _>,
    )
}
