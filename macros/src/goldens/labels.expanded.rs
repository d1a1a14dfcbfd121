#[allow(clippy::manual_async_fn, clippy::async_yields_async)]
fn serve<'a>(
    request: &Request<'a>,
    route: &'a Route,
) -> impl ::core::future::Future<Output = Result<Page, Error>> {
    let (__span, __site) = {
        #[allow(long_running_const_eval)]
        const __TALLIED_LABELS: &[::tallied::__private::Dimension] = &[
            ::tallied::__private::Dimension::of(
                "route",
                <&Route as ::tallied::__private::Label>::VALUES,
            ),
            ::tallied::__private::Dimension::of(
                "method",
                <Method<'_> as ::tallied::__private::Label>::VALUES,
            ),
            ::tallied::__private::Dimension::one("zone", "eu"),
        ];
        const __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::new(
                __TALLIED_LABELS,
                ::core::file!(),
                ::core::line!(),
            )
            .counter(
                "my_shop_serve_calls_total",
                "Calls by route, method, zone and status.",
                &[0usize, 1usize, 2usize],
                true,
            )
            .histogram(
                "my_shop_serve_duration_seconds",
                "Duration of calls in seconds, by route, method, zone and status.",
                &[0usize, 1usize, 2usize],
                true,
                &::tallied::__private::STANDARD_BUCKETS,
            )
            .at_most(true, true)
            .budget(::tallied::__private::given(500));
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<13> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<34> = ::tallied::__private::Site::new(
            &__TALLIED_SITE_SAYS,
            &[],
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        ::tallied::__private::listed!(
            __TALLIED_SITE, __TALLIED_SITE_SAYS, 2
            "\u{2}my_shop_serve_calls_total\0\0Calls by route, method, zone and status.\0my_shop_serve_duration_seconds\0\0Duration of calls in seconds, by route, method, zone and status.\0"
            8 52 * b"route\0method\0zone\0status\0\0route\0method\0zone\0status\0\0"
        );
        const _: () = ::tallied::__private::within_budget(
            &__TALLIED_SITE_SAYS,
            ::tallied::__private::Definition::sure(&__TALLIED_SITE_SAYS, true, true),
        );
        static __TALLIED_SPAN: ::tallied::__private::SpanSite = ::tallied::__private::SpanSite::new(
            &__TALLIED_SPAN,
            (
                "serve",
                ::core::module_path!(),
                ::tallied::__private::tracing::Level::INFO,
            ),
            (::core::file!(), ::core::line!(), ::core::module_path!()),
            &["route", "method", "zone"],
            (__TALLIED_LABELS, &[]),
        );
        (
            || ::core::option::Option::Some((
                &__TALLIED_SPAN,
                ::tallied::__private::tracing::Level::INFO,
            )),
            &__TALLIED_SITE,
        )
    };
    let __set = {
        let mut __number = __site.number();
        {
            use ::tallied::__private::join::*;
            (&&::tallied::__private::Join::<'_, &Route>(&(route)))
                .tallied_join(&mut __number);
        }
        {
            use ::tallied::__private::join::*;
            (&&::tallied::__private::Join::<'_, Method<'_>>(&(request.method())))
                .tallied_join(&mut __number);
        }
        __number.set()
    };
    ::tallied::__private::Observed::new(
        __site,
        __set,
        __span,
        async move {
            #[allow(
                unreachable_code,
                clippy::diverging_sub_expression,
                clippy::empty_loop,
                clippy::let_unit_value
            )]
            if false {
                let __returned: Result<Page, Error> = loop {};
                return __returned;
            }
            #[allow(clippy::shadow_same)]
            let request = request;
            let _ = &request;
            #[allow(clippy::shadow_same)]
            let route = route;
            let _ = &route;
            {
                const _: () = ();
                request.page().await
            }
        },
        |__out| {
            use ::tallied::__private::ask::*;
            (&&&&::tallied::__private::Ask::<
                ::tallied::__private::Status,
                _,
            >::new(__out))
                .tallied_told()
        },
    )
}
