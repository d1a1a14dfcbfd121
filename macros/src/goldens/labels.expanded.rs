#[allow(clippy::manual_async_fn, clippy::async_yields_async)]
fn serve<'a>(
    request: &Request<'a>,
    route: &'a Route,
) -> impl ::core::future::Future<Output = Result<Page, Error>> {
    let __site = {
        #[allow(long_running_const_eval)]
        static __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::of_calls(
                &[
                    ::tallied::__private::Dimension::of(
                        "route",
                        <&Route as ::tallied::__private::Label>::VALUES,
                    ),
                    ::tallied::__private::Dimension::of(
                        "method",
                        <Method<'_> as ::tallied::__private::Label>::VALUES,
                    ),
                    ::tallied::__private::Dimension::one("zone", "eu"),
                ],
                &[
                    ::tallied::__private::Family::counter(
                        "my_shop_serve_calls_total",
                        "Calls by route, method, zone and status.",
                        3,
                        true,
                    ),
                    ::tallied::__private::Family::histogram(
                        "my_shop_serve_duration_seconds",
                        "Duration of calls in seconds, by route, method, zone and status.",
                        3,
                        true,
                    ),
                ],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (true, true),
                ("serve", 3, true),
            )
            .budget(::tallied::__private::given(500));
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<13> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<34> = ::tallied::__private::Site::new(
            __TALLIED_SITE_SAYS,
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
        &__TALLIED_SITE
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
        ::tallied::__private::At::<3>,
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
            let (request, route) = (request, route);
            let _ = &request;
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
