# The application package of the tutorial: where is water? An OGC application package (OGC 20-089r1) is a CWL document with
# container images for the tools and one Workflow that becomes the process when the package is deployed.
#
# Read it from the top: who made it, then the workflow that a client sees, then the workflow for one item, then the four tools.

cwlVersion: v1.0

# s: stands for the words of schema.org. The server copies what they say into the metadata of the process, and takes its version
# from s:softwareVersion.
$namespaces:
  s: https://schema.org/
s:softwareVersion: 1.0.0
schemas:
  - http://schema.org/version/9.0/schemaorg-current-http.rdf

$graph:
  # ------------------------------------------------------------------------------------------------------------------------------
  # The process. Deploy it with ?w=water-bodies; without w, the first Workflow of the graph is taken, which is this one too.
  - class: Workflow
    id: water-bodies
    # label becomes the title of the process, doc its description.
    label: Water bodies detection based on NDWI and otsu threshold
    doc: Water bodies detection based on NDWI and otsu threshold applied to Sentinel-2 COG STAC items
    requirements:
      - class: ScatterFeatureRequirement # a step may run once per element of an array
      - class: SubworkflowFeatureRequirement # a step may be a workflow itself

    # Every input of the workflow is an input of the process. One that has a default need not be given.
    inputs:
      aoi:
        label: area of interest
        doc: area of interest as a bounding box
        type: string # min lon, min lat, max lon, max lat
      epsg:
        label: EPSG code
        doc: EPSG code
        type: string
        default: "EPSG:4326" # of the coordinates in aoi
      stac_items:
        label: Sentinel-2 STAC items
        doc: list of Sentinel-2 COG STAC items
        type: string[] # several: the description says maxOccurs
      bands:
        label: bands used for the NDWI
        doc: bands used for the NDWI
        type: string[]
        default: [green, nir]

    # The output is a folder with a STAC catalog. The server stages it out to S3 and answers with its items.
    outputs:
      - id: stac_catalog
        outputSource:
          - node_stac/stac_catalog
        type: Directory

    steps:
      # For each item, in parallel: detect the water in it.
      node_water_bodies:
        run: "#detect_water_body"
        in:
          item: stac_items
          aoi: aoi
          epsg: epsg
          bands: bands
        out:
          - detected_water_body
        scatter: item
        scatterMethod: dotproduct
      # When all are done: describe the masks in one catalog.
      node_stac:
        run: "#stac"
        in:
          item: stac_items
          rasters:
            source: node_water_bodies/detected_water_body
        out:
          - stac_catalog

  # ------------------------------------------------------------------------------------------------------------------------------
  # One item: crop two bands, take their normalised difference, and split it into water and land.
  - class: Workflow
    id: detect_water_body
    label: Water body detection based on NDWI and otsu threshold
    doc: Water body detection based on NDWI and otsu threshold
    requirements:
      - class: ScatterFeatureRequirement
    inputs:
      aoi:
        doc: area of interest as a bounding box
        type: string
      epsg:
        doc: EPSG code
        type: string
        default: "EPSG:4326"
      bands:
        doc: bands used for the NDWI
        type: string[]
      item:
        doc: STAC item
        type: string
    outputs:
      - id: detected_water_body
        outputSource:
          - node_otsu/binary_mask_item
        type: File
    steps:
      node_crop:
        run: "#crop"
        in:
          item: item
          aoi: aoi
          epsg: epsg
          band: bands
        out:
          - cropped
        scatter: band # once for green, once for near infrared
        scatterMethod: dotproduct
      node_normalized_difference:
        run: "#norm_diff" # (green - nir) / (green + nir)
        in:
          rasters:
            source: node_crop/cropped
        out:
          - ndwi
      node_otsu:
        run: "#otsu" # the threshold that parts the two kinds of pixels best
        in:
          raster:
            source: node_normalized_difference/ndwi
        out:
          - binary_mask_item

  # ------------------------------------------------------------------------------------------------------------------------------
  # The tools: a command in a container each. The images are named by digest, so that they never change.
  - class: CommandLineTool
    id: crop
    requirements:
      InlineJavascriptRequirement: {}
      EnvVarRequirement:
        envDef:
          PATH: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
          PYTHONPATH: /app
      ResourceRequirement:
        coresMax: 1
        ramMax: 512 # mebibytes
    hints:
      DockerRequirement:
        dockerPull: ghcr.io/eoap/mastering-app-package/crop@sha256:001dfe86bcde7d43a6f4afd077ecbb5e3a62661e42565a37f52f88e73a16b83b
    baseCommand: [python, -m, app]
    arguments: []
    inputs:
      item:
        type: string
        inputBinding:
          prefix: --input-item
      aoi:
        type: string
        inputBinding:
          prefix: --aoi
      epsg:
        type: string
        inputBinding:
          prefix: --epsg
      band:
        type: string
        inputBinding:
          prefix: --band
    outputs:
      cropped:
        outputBinding:
          glob: "*.tif"
        type: File

  - class: CommandLineTool
    id: norm_diff
    requirements:
      InlineJavascriptRequirement: {}
      EnvVarRequirement:
        envDef:
          PATH: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
          PYTHONPATH: /app
      ResourceRequirement:
        coresMax: 1
        ramMax: 512
    hints:
      DockerRequirement:
        dockerPull: ghcr.io/eoap/mastering-app-package/norm_diff@sha256:134547be86ca901e1626e9310aefac098e86ab561330b8742b0cef65c2e5b5d3
    baseCommand: [python, -m, app]
    arguments: []
    inputs:
      rasters:
        type: File[]
        inputBinding:
          position: 1
    outputs:
      ndwi:
        outputBinding:
          glob: "*.tif"
        type: File

  - class: CommandLineTool
    id: otsu
    requirements:
      InlineJavascriptRequirement: {}
      EnvVarRequirement:
        envDef:
          PATH: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
          PYTHONPATH: /app
      ResourceRequirement:
        coresMax: 1
        ramMax: 512
    hints:
      DockerRequirement:
        dockerPull: ghcr.io/eoap/mastering-app-package/otsu@sha256:80e50aa0bab109285b1a168cb39420432507b7b798410d587a581605773fc136
    baseCommand: [python, -m, app]
    arguments: []
    inputs:
      raster:
        type: File
        inputBinding:
          position: 1
    outputs:
      binary_mask_item:
        outputBinding:
          glob: "*.tif"
        type: File

  - class: CommandLineTool
    id: stac
    requirements:
      InlineJavascriptRequirement: {}
      EnvVarRequirement:
        envDef:
          PATH: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
          PYTHONPATH: /app
      ResourceRequirement:
        coresMax: 1
        ramMax: 512
    hints:
      DockerRequirement:
        dockerPull: ghcr.io/eoap/mastering-app-package/stac@sha256:77d571d986a5192e8e70d8967aaa329bf65b1bcc0f3b456ae1587d138c151680
    baseCommand: [python, -m, app]
    arguments: []
    inputs:
      item:
        type:
          type: array
          items: string
          inputBinding:
            prefix: --input-item
      rasters:
        type:
          type: array
          items: File
          inputBinding:
            prefix: --water-body
    outputs:
      stac_catalog:
        outputBinding:
          glob: .
        type: Directory

s:codeRepository:
  URL: https://github.com/eoap/mastering-app-package.git
s:author:
  - class: s:Person
    s.name: Jane Doe
    s.email: jane.doe@acme.earth
    s.affiliation: ACME
