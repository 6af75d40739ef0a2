// Faces of a photo drawn with OpenCV: draw_faces ASSETS PHOTO OUT
#include <facesdk.h>

#include <cstdio>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace {

facesdk_image view_of(const cv::Mat& bgr) {
  facesdk_image image{};
  image.struct_size = sizeof image;
  image.format = FACESDK_BGR8;
  image.width = bgr.cols;
  image.height = bgr.rows;
  image.pixels = bgr.data;
  image.stride = static_cast<int64_t>(bgr.step);
  return image;
}

// The faces over the photo, nearer ones over farther ones, and their landmarks.
void draw(const facesdk_api& api, facesdk_session* session, const facesdk_result& faces, cv::Mat* picture) {
  std::vector<float> depth_mm(picture->total());
  const facesdk_canvas canvas{sizeof canvas,  FACESDK_BGR8,  picture->cols,
                              picture->rows,  picture->data, static_cast<int64_t>(picture->step),
                              depth_mm.data()};
  for (int32_t i = 0; i < faces.face_count; ++i) api.draw_face(session, i, &canvas);
  for (size_t i = 0; i + 1 < faces.landmarks_px.count; i += 2) {
    const cv::Point2f point(faces.landmarks_px.data[i], faces.landmarks_px.data[i + 1]);
    cv::circle(*picture, point, 2, {0, 255, 0}, cv::FILLED, cv::LINE_AA);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const facesdk_api* api = facesdk_get_api(FACESDK_API_VERSION);
  if (api == nullptr || argc != 4) {
    std::fprintf(stderr, "usage: draw_faces ASSETS PHOTO OUT\n");
    return 2;
  }
  facesdk_engine* engine = nullptr;
  facesdk_session* session = nullptr;
  facesdk_result faces{};
  faces.struct_size = sizeof faces;
  cv::Mat photo = cv::imread(argv[2]);
  const facesdk_image image = view_of(photo);
  const bool ok = api->engine_create(argv[1], nullptr, &engine) == FACESDK_OK &&
                  api->session_create(engine, &session) == FACESDK_OK &&
                  api->reconstruct(session, &image, nullptr, nullptr, &faces) == FACESDK_OK;
  if (ok) {
    draw(*api, session, faces, &photo);
    std::printf("%d faces\n", faces.face_count);
  } else {
    std::fprintf(stderr, "%s\n", api->last_message());
  }
  const bool written = ok && cv::imwrite(argv[3], photo);
  api->session_destroy(session);
  api->engine_destroy(engine);
  return written ? 0 : 1;
}
