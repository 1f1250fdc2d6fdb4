/** A mesh on a canvas, drawn by three.js. Draws when something has changed, and never else. */

import {
  Box3,
  Color,
  DirectionalLight,
  type Material,
  Mesh,
  NeutralToneMapping,
  type Object3D,
  PerspectiveCamera,
  PMREMGenerator,
  Scene,
  Sphere,
  Spherical,
  type Texture,
  TextureLoader,
  Vector3,
  type WebGLCubeRenderTarget,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import { type GLTF, GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";

export type Background = "light" | "dark";

/** The browser has no WebGL, or none left. */
export class NoWebGL extends Error {}

const BACKGROUNDS = { light: "#f1f1f6", dark: "#17171d" };
const TURN = Math.PI / 24;
const ZOOM = 1.15;
const FIRST_VIEW = new Vector3(0.9, 0.6, 1.4).normalize();

/** A mesh in a box that can be turned. Whoever made it disposes of it. */
export class MeshScene {
  /** Triangles of the mesh. */
  readonly triangles: number;
  readonly #box: HTMLElement;
  readonly #stage: Stage;
  readonly #controls: OrbitControls;
  readonly #resized: ResizeObserver;
  #frame = 0;

  private constructor(box: HTMLElement, stage: Stage, triangles: number) {
    this.#box = box;
    this.#stage = stage;
    this.triangles = triangles;
    const { canvas } = stage;
    canvas.className = "block size-full touch-none";
    canvas.setAttribute("aria-hidden", "true");
    box.append(canvas);
    this.#controls = new OrbitControls(stage.camera, canvas);
    this.#controls.enableDamping = false;
    this.#controls.enablePan = false;
    this.#controls.minDistance = stage.distance / 6;
    this.#controls.maxDistance = stage.distance * 4;
    this.#controls.addEventListener("change", this.#changed);
    stage.resize(box.clientWidth, box.clientHeight);
    stage.draw();
    this.#resized = new ResizeObserver(() => {
      stage.resize(box.clientWidth, box.clientHeight);
      this.#changed();
    });
    this.#resized.observe(box);
  }

  /** Show a GLB in a box. Throws `NoWebGL`, or what is wrong with the file. */
  static async of(box: HTMLElement, file: Blob): Promise<MeshScene> {
    const stage = new Stage();
    try {
      const triangles = await stage.show(file);
      return new MeshScene(box, stage, triangles);
    } catch (error) {
      stage.dispose();
      throw error;
    }
  }

  set background(background: Background) {
    this.#stage.scene.background = new Color(BACKGROUNDS[background]);
    this.#changed();
  }

  set wireframe(shown: boolean) {
    this.#stage.wireframe(shown);
    this.#changed();
  }

  set rotating(rotates: boolean) {
    this.#controls.autoRotate = rotates;
    this.#changed();
  }

  /** Turn it by so many steps to the right and downwards. */
  turn(right: number, down: number): void {
    this.#move((place) => {
      place.theta -= right * TURN;
      place.phi -= down * TURN;
    });
  }

  /** Come nearer by so many steps. */
  zoom(steps: number): void {
    this.#move((place) => {
      place.radius /= ZOOM ** steps;
    });
  }

  reset(): void {
    this.#stage.look();
    this.#controls.target.set(0, 0, 0);
    this.#controls.update();
    this.#changed();
  }

  /** Where it is seen from, and how near: two angles in radians and a distance. */
  get view(): [number, number, number] {
    const { theta, phi, radius } = new Spherical().setFromVector3(this.#stage.camera.position);
    return [theta, phi, radius];
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#resized.disconnect();
    this.#controls.dispose();
    this.#stage.dispose();
  }

  #move(change: (place: Spherical) => void): void {
    const place = new Spherical().setFromVector3(this.#stage.camera.position);
    change(place);
    place.makeSafe();
    place.radius = Math.max(this.#controls.minDistance, Math.min(this.#controls.maxDistance, place.radius));
    this.#stage.camera.position.setFromSpherical(place);
    this.#controls.update();
    this.#changed();
  }

  #changed = () => {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#controls.update();
      this.#stage.draw();
      this.#box.dataset.view = this.view.map((value) => value.toFixed(3)).join(" ");
      if (this.#controls.autoRotate) this.#changed();
    });
  };
}

/** A picture of a GLB. Throws `NoWebGL`, or what is wrong with the file. */
export async function pictureOf(file: Blob, pixels: number, background: Background): Promise<Blob> {
  const stage = new Stage();
  try {
    await stage.show(file);
    stage.scene.background = new Color(BACKGROUNDS[background]);
    stage.resize(pixels, pixels, 1);
    stage.draw();
    return await new Promise((resolve, reject) => {
      stage.canvas.toBlob((picture) => (picture === null ? reject(new NoWebGL()) : resolve(picture)));
    });
  } finally {
    stage.dispose();
  }
}

/** Lights, a camera and one mesh in the middle. */
class Stage {
  readonly scene = new Scene();
  readonly camera = new PerspectiveCamera(35, 1, 0.01, 100);
  /** From which the whole mesh is seen. */
  readonly distance = 3.6;
  readonly #renderer: WebGLRenderer;
  readonly #light: WebGLCubeRenderTarget;

  constructor() {
    try {
      this.#renderer = new WebGLRenderer({ antialias: true });
    } catch {
      throw new NoWebGL("This browser can't show 3D here: it has no WebGL.");
    }
    this.#renderer.toneMapping = NeutralToneMapping;
    const generator = new PMREMGenerator(this.#renderer);
    const room = new RoomEnvironment();
    this.#light = generator.fromScene(room, 0.04, 0.1, 100, { size: 64 });
    room.dispose();
    generator.dispose();
    this.scene.environment = this.#light.texture;
    const sun = new DirectionalLight("#ffffff", 0.7);
    sun.position.set(2, 4, 3);
    this.scene.add(sun);
    this.look();
  }

  get canvas(): HTMLCanvasElement {
    return this.#renderer.domElement;
  }

  /** Put a GLB in the middle, two units wide; how many triangles it has. */
  async show(file: Blob): Promise<number> {
    const loader = new GLTFLoader();
    // Textures as images: the page's policy lets none be fetched from blob addresses.
    loader.register((parser) => {
      parser.textureLoader = new TextureLoader(parser.options.manager);
      return { name: "textures-as-images" };
    });
    const { scene: model }: GLTF = await loader.parseAsync(await file.arrayBuffer(), "");
    const { center, radius } = new Box3().setFromObject(model).getBoundingSphere(new Sphere());
    const scale = radius > 0 && Number.isFinite(radius) ? 1 / radius : 1;
    model.scale.multiplyScalar(scale);
    model.position.sub(center).multiplyScalar(scale);
    this.scene.add(model);
    await this.#renderer.compileAsync(this.scene, this.camera); // else the first picture stops the page
    return trianglesOf(model);
  }

  look(): void {
    this.camera.position.copy(FIRST_VIEW).multiplyScalar(this.distance);
    this.camera.lookAt(0, 0, 0);
  }

  wireframe(shown: boolean): void {
    for (const material of materialsOf(this.scene)) if ("wireframe" in material) material.wireframe = shown;
  }

  resize(width: number, height: number, ratio = Math.min(devicePixelRatio, 2)): void {
    if (width === 0 || height === 0) return;
    this.#renderer.setPixelRatio(ratio);
    this.#renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    // What is higher than it is wide is looked at from further away.
    this.camera.zoom = Math.min(1, this.camera.aspect);
    this.camera.updateProjectionMatrix();
  }

  draw(): void {
    this.#renderer.render(this.scene, this.camera);
  }

  /** Give back everything that the graphics card holds. */
  dispose(): void {
    for (const material of materialsOf(this.scene)) {
      for (const value of Object.values(material)) if (isTexture(value)) value.dispose();
      material.dispose();
    }
    this.scene.traverse((part) => {
      if (part instanceof Mesh) part.geometry.dispose();
    });
    this.#light.dispose();
    this.#renderer.dispose();
    this.#renderer.forceContextLoss();
    this.canvas.remove();
  }
}

function trianglesOf(model: Object3D): number {
  let count = 0;
  model.traverse((part) => {
    if (part instanceof Mesh) count += (part.geometry.index ?? part.geometry.attributes.position).count / 3;
  });
  return Math.round(count);
}

function materialsOf(model: Object3D): Set<Material> {
  const found = new Set<Material>();
  model.traverse((part) => {
    if (part instanceof Mesh) for (const material of [part.material].flat()) found.add(material);
  });
  return found;
}

function isTexture(value: unknown): value is Texture {
  return typeof value === "object" && value !== null && "isTexture" in value;
}
