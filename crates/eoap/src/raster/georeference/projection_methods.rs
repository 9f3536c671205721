//! The projection methods of GeoTIFF (OGC 19-008r4, ProjMethodGeoKey): their names in WKT and PROJ, and the
//! keys of their parameters.

/// The keys that may give a parameter, of which a file has one.
pub(super) const LATITUDE: &[u16] = &[3081, 3085, 3089];
pub(super) const LONGITUDE: &[u16] = &[3080, 3084, 3088, 3095];
pub(super) const EASTING: &[u16] = &[3082, 3086, 3090];
pub(super) const NORTHING: &[u16] = &[3083, 3087, 3091];
pub(super) const PARALLEL_1: &[u16] = &[3078];
pub(super) const PARALLEL_2: &[u16] = &[3079];
pub(super) const SCALE: &[u16] = &[3092, 3093];
const AZIMUTH: &[u16] = &[3094];
const RECTIFIED_ANGLE: &[u16] = &[3096];

/// A projection method: its code, its names in WKT and PROJ, and for each parameter its names in WKT and
/// PROJ, and its keys.
pub(super) struct Method {
    pub(super) code: u16,
    pub(super) wkt: &'static str,
    pub(super) proj: &'static str,
    pub(super) parameters: &'static [(&'static str, &'static str, &'static [u16])],
    /// GDAL writes the unit of some methods with its code, of others without.
    pub(super) unit_has_code: bool,
}

pub(super) const TRANSVERSE_MERCATOR: Method = Method {
    code: 1,
    wkt: "Transverse_Mercator",
    proj: "tmerc",
    parameters: &[
        ("latitude_of_origin", "lat_0", LATITUDE),
        ("central_meridian", "lon_0", LONGITUDE),
        ("scale_factor", "k", SCALE),
    ],
    unit_has_code: true,
};

pub(super) const METHODS: [Method; 24] = [
    TRANSVERSE_MERCATOR,
    Method {
        code: 3,
        wkt: "Hotine_Oblique_Mercator",
        proj: "omerc +no_uoff",
        parameters: &[
            ("latitude_of_center", "lat_0", LATITUDE),
            ("longitude_of_center", "lonc", LONGITUDE),
            ("azimuth", "alpha", AZIMUTH),
            ("rectified_grid_angle", "gamma", RECTIFIED_ANGLE),
            ("scale_factor", "k", SCALE),
        ],
        unit_has_code: true,
    },
    Method {
        code: 13,
        wkt: "Equidistant_Conic",
        proj: "eqdc",
        parameters: &[
            ("latitude_of_center", "lat_0", LATITUDE),
            ("longitude_of_center", "lon_0", LONGITUDE),
            ("standard_parallel_1", "lat_1", PARALLEL_1),
            ("standard_parallel_2", "lat_2", PARALLEL_2),
        ],
        unit_has_code: true,
    },
    Method {
        code: 14,
        wkt: "Stereographic",
        proj: "stere",
        parameters: &[
            ("latitude_of_origin", "lat_0", LATITUDE),
            ("central_meridian", "lon_0", LONGITUDE),
            ("scale_factor", "k", SCALE),
        ],
        unit_has_code: true,
    },
    Method {
        code: 18,
        wkt: "Cassini_Soldner",
        proj: "cass",
        parameters: &[("latitude_of_origin", "lat_0", LATITUDE), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 19,
        wkt: "Gnomonic",
        proj: "gnom",
        parameters: &[("latitude_of_origin", "lat_0", LATITUDE), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 20,
        wkt: "Miller_Cylindrical",
        proj: "mill +R_A",
        parameters: &[("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 21,
        wkt: "Orthographic",
        proj: "ortho",
        parameters: &[("latitude_of_origin", "lat_0", LATITUDE), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 22,
        wkt: "Polyconic",
        proj: "poly",
        parameters: &[("latitude_of_origin", "lat_0", LATITUDE), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 25,
        wkt: "VanDerGrinten",
        proj: "vandg +R_A",
        parameters: &[("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 26,
        wkt: "New_Zealand_Map_Grid",
        proj: "nzmg",
        parameters: &[("latitude_of_origin", "lat_0", LATITUDE), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 27,
        wkt: "Transverse_Mercator_South_Orientated",
        proj: "tmerc +axis=wsu",
        parameters: &[
            ("latitude_of_origin", "lat_0", LATITUDE),
            ("central_meridian", "lon_0", LONGITUDE),
            ("scale_factor", "k", SCALE),
        ],
        unit_has_code: false,
    },
    Method {
        code: 7,
        wkt: "Mercator_2SP",
        proj: "merc",
        parameters: &[("standard_parallel_1", "lat_ts", PARALLEL_1), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 8,
        wkt: "Lambert_Conformal_Conic_2SP",
        proj: "lcc",
        parameters: &[
            ("latitude_of_origin", "lat_0", LATITUDE),
            ("central_meridian", "lon_0", LONGITUDE),
            ("standard_parallel_1", "lat_1", PARALLEL_1),
            ("standard_parallel_2", "lat_2", PARALLEL_2),
        ],
        unit_has_code: true,
    },
    Method {
        code: 9,
        wkt: "Lambert_Conformal_Conic_1SP",
        proj: "lcc",
        parameters: &[
            ("latitude_of_origin", "lat_1", LATITUDE),
            ("central_meridian", "lon_0", LONGITUDE),
            ("scale_factor", "k_0", SCALE),
        ],
        unit_has_code: true,
    },
    Method {
        code: 10,
        wkt: "Lambert_Azimuthal_Equal_Area",
        proj: "laea",
        parameters: &[("latitude_of_center", "lat_0", LATITUDE), ("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: false,
    },
    Method {
        code: 11,
        wkt: "Albers_Conic_Equal_Area",
        proj: "aea",
        parameters: &[
            ("latitude_of_center", "lat_0", LATITUDE),
            ("longitude_of_center", "lon_0", LONGITUDE),
            ("standard_parallel_1", "lat_1", PARALLEL_1),
            ("standard_parallel_2", "lat_2", PARALLEL_2),
        ],
        unit_has_code: true,
    },
    Method {
        code: 12,
        wkt: "Azimuthal_Equidistant",
        proj: "aeqd",
        parameters: &[("latitude_of_center", "lat_0", LATITUDE), ("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 15,
        wkt: "Polar_Stereographic",
        proj: "stere",
        parameters: &[("latitude_of_origin", "lat_ts", LATITUDE), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: false,
    },
    Method {
        code: 16,
        wkt: "Oblique_Stereographic",
        proj: "sterea",
        parameters: &[
            ("latitude_of_origin", "lat_0", LATITUDE),
            ("central_meridian", "lon_0", LONGITUDE),
            ("scale_factor", "k", SCALE),
        ],
        unit_has_code: true,
    },
    Method {
        code: 17,
        wkt: "Equirectangular",
        proj: "eqc",
        parameters: &[("standard_parallel_1", "lat_ts", PARALLEL_1), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 23,
        wkt: "Robinson",
        proj: "robin",
        parameters: &[("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 24,
        wkt: "Sinusoidal",
        proj: "sinu",
        parameters: &[("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 28,
        wkt: "Cylindrical_Equal_Area",
        proj: "cea",
        parameters: &[("standard_parallel_1", "lat_ts", PARALLEL_1), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
];
